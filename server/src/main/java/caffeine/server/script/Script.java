package caffeine.server.script;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/**
 * A file to run for a request, and how. Names of files are bytes; where they are strings, each
 * character stands for one byte (ISO 8859-1).
 */
public final class Script implements Resolution {

    /** Who speaks HTTP with the client. */
    public enum Mode {
        /** The script writes a whole HTTP response to the client's socket. */
        DIRECT,
        /** The script writes a CGI/1.1 response (RFC 3875 §6) to the server. */
        CGI
    }

    private final String filename;
    private final String name;
    private final String pathInfo;
    private final Mode mode;
    private final byte @Nullable [] interpreter;
    private final ScriptRoute route;

    /**
     * @param root the served folder, absolute, without a slash at its end
     * @param name the script's path below it, beginning with a slash
     */
    Script(
            String root,
            String name,
            String pathInfo,
            Mode mode,
            byte @Nullable [] interpreter,
            ScriptRoute route) {
        this.filename = root + name;
        this.name = name;
        this.pathInfo = pathInfo;
        this.mode = mode;
        this.interpreter = interpreter;
        this.route = route;
    }

    /** SCRIPT_FILENAME: the absolute path of the file. */
    public String filename() {
        return filename;
    }

    /**
     * SCRIPT_NAME: the part of the address that names the script, decoded: {@code /cgi-bin/echo}.
     */
    public String name() {
        return name;
    }

    /** PATH_INFO: the rest of the address, decoded: {@code ""}, {@code /}, {@code /a//b}. */
    public String pathInfo() {
        return pathInfo;
    }

    public Mode mode() {
        return mode;
    }

    /** What holds where it lies. */
    ScriptRoute route() {
        return route;
    }

    /** Whether the file's name says that its CGI output is a whole HTTP response: {@code nph-*}. */
    public boolean isRawByName() {
        return name.startsWith("nph-", name.lastIndexOf('/') + 1);
    }

    /** The file, as the system calls want it. */
    public byte[] file() {
        return filename.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The folder that the file lies in, its working directory (RFC 3875 §7.2). */
    public byte[] directory() {
        int slash = filename.lastIndexOf('/');
        return filename.substring(0, Math.max(slash, 1)).getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * The absolute path of the program that runs the file, with {@link #file} as its only argument;
     * null when the file is executed itself.
     */
    public byte @Nullable [] interpreter() {
        return interpreter == null ? null : interpreter.clone();
    }
}
