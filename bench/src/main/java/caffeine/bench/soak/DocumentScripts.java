package caffeine.bench.soak;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The scripts of a soak: a folder with each in both modes. The names of direct ones begin with
 * {@code nph-}: else each new worker relays the first answer of each, to learn its dialect, and a
 * killed worker would cut that.
 */
final class DocumentScripts {
    /** How many there are, both modes counted. */
    static final int COUNT = 5;

    private static final Duration COMPILER_TIME = Duration.ofMinutes(2);

    private DocumentScripts() {}

    /**
     * Writes them.
     *
     * @param folder where; it is made
     * @param source {@code soak.c}
     * @return whether there is one in Python too
     */
    static boolean write(Path folder, Path source, Cleanup cleanup)
            throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve("cgi-bin"));
        compile(source, folder.resolve("cgi-bin/soak"), List.of(), cleanup);
        compile(source, folder.resolve("nph-soak"), List.of("-DDIRECT"), cleanup);
        script(
                folder.resolve("cgi-bin/shell"),
                """
                #!/bin/sh
                printf 'Content-Type: text/plain\\r\\n\\r\\nshell %s\\n' "$QUERY_STRING"
                """);
        script(
                folder.resolve("nph-shell"),
                """
                #!/bin/sh
                line="shell $QUERY_STRING"
                printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n'
                printf 'Content-Length: %d\\r\\nConnection: close\\r\\n\\r\\n' "$((${#line} + 1))"
                echo "$line"
                """);
        Optional<Path> python = Tools.findForEverybody("python3");
        if (python.isPresent()) {
            script(
                    folder.resolve("cgi-bin/python"),
                    """
                    #!%s
                    import hashlib, os, sys
                    content = sys.stdin.buffer.read()
                    digest = hashlib.sha256(content).hexdigest()
                    print("Content-Type: text/plain\\n")
                    print(os.environ["QUERY_STRING"], len(content), digest)
                    """
                            .formatted(python.get()));
        }
        return python.isPresent();
    }

    private static void compile(Path source, Path target, List<String> options, Cleanup cleanup)
            throws IOException, InterruptedException {
        Path compiler =
                Tools.find("gcc", "cc")
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                "a C compiler is needed for the scripts of the"
                                                        + " soak (Debian: apt-get install gcc"
                                                        + " libc6-dev)"));
        List<String> command = new ArrayList<>(List.of(compiler.toString(), "-O2"));
        command.addAll(options);
        command.addAll(List.of("-o", target.toString(), source.toString()));
        Command ran = Command.run(cleanup, COMPILER_TIME, command);
        if (ran.status() != 0) {
            throw new IOException("soak.c does not compile: " + ran.text().strip());
        }
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
