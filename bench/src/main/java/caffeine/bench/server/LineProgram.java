package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A script that gives each line back, {@code line.c}.
 *
 * @param source where it is
 */
public record LineProgram(Path source, Cleanup cleanup) {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /**
     * Compiles it.
     *
     * @param target the executable; its folder is made
     * @param options of the compiler
     * @throws IOException when there is no compiler, or it does not compile
     */
    void compile(Path target, String... options) throws IOException {
        Path compiler =
                Tools.find("gcc", "cc")
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                "no C compiler (Debian: apt-get install gcc)"));
        Files.createDirectories(target.getParent());
        List<String> command = new ArrayList<>(List.of(compiler.toString(), "-O2"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", target.toString(), source.toString()));
        try {
            Command ran = Command.run(cleanup, PATIENCE, command);
            if (ran.status() != 0) {
                throw new IOException("line.c does not compile: " + ran.lastWords());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("the compiler was interrupted");
        }
    }
}
