package caffeine.server.script;

import caffeine.server.file.FileVersion;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A file to run for a request, and the way to run it. Names of files are bytes; where they are
 * strings, each character stands for one byte (ISO 8859-1).
 */
public final class Script implements Resolution {

    /** The output of the script, and its destination. */
    public enum Mode {
        /** A whole HTTP response, to the client's socket. */
        DIRECT,
        /** A CGI/1.1 response (RFC 3875 §6), to the server. */
        CGI,
        /** Either of them, to the server until its first output decides. */
        AUTO,
        /** Text, to the server, which turns it into a response. */
        TEXT,
        /** Messages of a WebSocket connection, on standard input and standard output. */
        WEBSOCKET
    }

    private final String filename;
    private final String name;
    private final String pathInfo;
    private final Mode mode;
    private final List<byte[]> runBy;
    private final Supplier<List<byte[]>> runByInstead;
    private final ScriptRoute route;
    private final @Nullable FileVersion version;

    /**
     * @param root the served folder, absolute, without a slash at its end
     * @param name the script's path below it, beginning with a slash
     * @param runBy see {@link #runBy}
     * @param runByInstead see {@link #runByInstead}
     * @param version see {@link #version}
     */
    Script(
            String root,
            String name,
            String pathInfo,
            Mode mode,
            List<byte[]> runBy,
            Supplier<List<byte[]>> runByInstead,
            ScriptRoute route,
            @Nullable FileVersion version) {
        this.filename = root + name;
        this.name = name;
        this.pathInfo = pathInfo;
        this.mode = mode;
        this.runBy = runBy;
        this.runByInstead = runByInstead;
        this.route = route;
        this.version = version;
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

    /** The version of the file; null where its place decides the mode. */
    @Nullable FileVersion version() {
        return version;
    }

    /** The route of its path. */
    ScriptRoute route() {
        return route;
    }

    /**
     * Whether the name of the file means that its output is a whole HTTP response: {@code nph-*}.
     */
    public boolean isRawByName() {
        return isRaw(name);
    }

    static boolean isRaw(String name) {
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
     * The absolute path of the program that runs the file, with {@link #file} as its last argument;
     * null when the file is executed itself.
     */
    public byte @Nullable [] interpreter() {
        return runBy.isEmpty() ? null : runBy.getFirst().clone();
    }

    /** The same with its argument, for people: {@code /usr/bin/env python3}; null as that. */
    public @Nullable String interpreterText() {
        return runBy.isEmpty()
                ? null
                : runBy.stream()
                        .map(word -> new String(word, StandardCharsets.UTF_8))
                        .collect(Collectors.joining(" "));
    }

    /**
     * The program that runs the file and, where its first line gives one, an argument; empty when
     * the file is executed itself.
     */
    List<byte[]> runBy() {
        return runBy;
    }

    /**
     * The same for an executable file that the kernel has refused to execute, since it is neither a
     * binary nor begins with {@code #!}: the interpreter of its ending. Empty when there is none,
     * or when the file is no text. Reads the file.
     */
    List<byte[]> runByInstead() {
        return runByInstead.get();
    }
}
