package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The folder that every server serves: direct scripts at its top, and the same as CGI/1.1 scripts
 * below {@code cgi-bin/}.
 */
public final class DocumentRoot {

    /** A CGI script that sleeps for as many seconds as its query says. */
    public static final String SLEEPER = "sleep";

    private static final Duration COMPILER_TIME = Duration.ofMinutes(1);

    private static final String DIRECT_HEAD =
            "HTTP/1.1 200 OK\\r\\n"
                    + "Content-Type: text/plain\\r\\n"
                    + "Content-Length: 6\\r\\n"
                    + "Connection: close\\r\\n"
                    + "\\r\\n";
    private static final String CGI_HEAD = "Content-Type: text/plain\\r\\n\\r\\n";

    private final Path folder;
    private final Path source;
    private final Cleanup cleanup;
    private final Map<Script, String> missing = new EnumMap<>(Script.class);

    private DocumentRoot(Path folder, Path source, Cleanup cleanup) {
        this.folder = folder;
        this.source = source;
        this.cleanup = cleanup;
    }

    /**
     * Makes it.
     *
     * @param folder where; it must not exist
     * @param source the C source of the static binaries
     */
    public static DocumentRoot create(Path folder, Path source, Cleanup cleanup)
            throws IOException, InterruptedException {
        DocumentRoot root = new DocumentRoot(folder, source, cleanup);
        Files.createDirectories(folder.resolve("cgi-bin"));
        root.compile(Script.TINY, List.of());
        root.compile(Script.MEGABYTE, List.of("-DMEGABYTE"));
        root.writeShell();
        root.writePython();
        return root;
    }

    /** An empty one, for servers that answer by themselves. */
    public static DocumentRoot none(Path folder, Cleanup cleanup) {
        DocumentRoot root = new DocumentRoot(folder, folder, cleanup);
        for (Script script : Script.values()) {
            root.missing.put(script, "there are no scripts");
        }
        return root;
    }

    /** Where it is. */
    public Path folder() {
        return folder;
    }

    /** Why a script is not there; empty when it is. */
    public Optional<String> missing(Script script) {
        return Optional.ofNullable(missing.get(script));
    }

    /** The script that costs least among those that are there. */
    public Script simplest() {
        return missing.containsKey(Script.TINY) ? Script.SHELL : Script.TINY;
    }

    private void compile(Script script, List<String> options)
            throws IOException, InterruptedException {
        Optional<Path> compiler = Tools.find("gcc", "cc");
        if (compiler.isEmpty()) {
            missing.put(script, "no C compiler (Debian: apt-get install gcc)");
            return;
        }
        for (Path target : List.of(direct(script.label), cgi(script.label))) {
            List<String> command = new ArrayList<>(List.of(compiler.get().toString()));
            command.addAll(
                    List.of(
                            "-O2",
                            "-static",
                            "-nostdlib",
                            "-ffreestanding",
                            "-fno-stack-protector"));
            command.addAll(List.of("-fno-pie", "-no-pie", "-Wl,--build-id=none"));
            command.addAll(options);
            if (target.equals(direct(script.label))) {
                command.add("-DDIRECT");
            }
            command.addAll(List.of("-o", target.toString(), source.toString()));
            Command ran = Command.run(cleanup, COMPILER_TIME, command);
            if (ran.status() != 0) {
                missing.put(script, "it does not compile: " + ran.text().strip());
                return;
            }
        }
    }

    private void writeShell() throws IOException {
        String print = "#!/bin/sh\nprintf '%shello\\n'\n";
        write(direct(Script.SHELL.label), print.formatted(DIRECT_HEAD));
        write(cgi(Script.SHELL.label), print.formatted(CGI_HEAD));
        // It answers first: a server that passes output on at once then says that it runs.
        write(
                cgi(SLEEPER),
                "#!/bin/sh\nprintf '%s'\nexec sleep \"$QUERY_STRING\"\n".formatted(CGI_HEAD));
        write(
                direct(SLEEPER),
                "#!/bin/sh\nprintf 'HTTP/1.1 200 OK\\r\\n\\r\\n'\nexec sleep \"$QUERY_STRING\"\n");
    }

    private void writePython() throws IOException {
        Optional<Path> python = Tools.findForEverybody("python3");
        if (python.isEmpty()) {
            missing.put(Script.PYTHON, "no Python (Debian: apt-get install python3)");
            return;
        }
        String print = "#!%s\nprint('%shello')\n";
        write(direct(Script.PYTHON.label), print.formatted(python.get(), DIRECT_HEAD));
        write(cgi(Script.PYTHON.label), print.formatted(python.get(), CGI_HEAD));
    }

    private Path direct(String name) {
        return folder.resolve(name);
    }

    private Path cgi(String name) {
        return folder.resolve("cgi-bin").resolve(name);
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
