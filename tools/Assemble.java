import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts together what the launcher runs: {@code java Assemble.java APP STARTED OPTIONS JAR...}.
 *
 * <pre>
 * APP/modules/     the jars
 * APP/jvm.options  the JVM's options
 * APP/command.aot  the AOT cache of the command (JEP 514), and
 * APP/worker.aot   that of its workers; or, instead of both,
 * APP/untrained    why there are none, in a line for the launcher
 * APP/built        as old as the start of the build, so that a source saved during it is newer
 * </pre>
 *
 * A file is replaced by renaming, never overwritten: a server that runs from here keeps what it has
 * open. What has not changed is left alone. With {@code -Dcaffeine.train=false} no caches are made.
 */
final class Assemble {
    private final Path app;
    private final Path modules;
    private final Path options;
    private boolean changed;

    private Assemble(Path app) {
        this.app = app;
        this.modules = app.resolve("modules");
        this.options = app.resolve("jvm.options");
    }

    public static void main(String[] args) {
        try {
            assemble(args);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("[ERROR] " + args[0] + " cannot be put together: " + e);
            System.exit(1);
        }
    }

    private static void assemble(String[] args) throws IOException {
        Assemble assembly = new Assemble(Path.of(args[0]).toAbsolutePath());
        FileTime started = FileTime.from(Instant.parse(args[1]));
        List<Path> jars =
                Stream.of(args)
                        .skip(3)
                        .flatMap(argument -> Stream.of(argument.split(":")))
                        .filter(path -> path.endsWith(".jar"))
                        .map(Path::of)
                        .toList();
        assembly.copy(Path.of(args[2]), jars);
        assembly.train();
        assembly.stamp(started);
    }

    private void copy(Path optionsSource, List<Path> jars) throws IOException {
        Files.createDirectories(modules);
        replace(optionsSource, options);
        for (Path jar : jars) {
            replace(jar, modules.resolve(jar.getFileName()));
        }
        List<Path> wanted = jars.stream().map(Path::getFileName).toList();
        try (Stream<Path> present = Files.list(modules)) {
            for (Path file : present.toList()) {
                if (!wanted.contains(file.getFileName())) {
                    Files.delete(file);
                    changed = true;
                }
            }
        }
    }

    private void replace(Path source, Path target) throws IOException {
        if (Files.exists(target) && Files.mismatch(source, target) < 0) {
            return;
        }
        Path fresh = target.resolveSibling("." + target.getFileName() + ".new");
        Files.copy(source, fresh, StandardCopyOption.REPLACE_EXISTING);
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        changed = true;
    }

    private void stamp(FileTime started) throws IOException {
        Path stamp = app.resolve("built");
        Path fresh = app.resolve(".built.new");
        Files.writeString(fresh, System.getProperty("java.home") + "\n");
        Files.setLastModifiedTime(fresh, started);
        Files.move(fresh, stamp, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A cache only saves time, so a failure here is told but does not fail the build. */
    private void train() throws IOException {
        Path command = app.resolve("command.aot");
        Path worker = app.resolve("worker.aot");
        Path jvm = app.resolve("trained-with");
        String identity = Runtime.version() + "\n" + app + "\n";
        boolean current =
                Stream.of(command, worker, jvm).allMatch(Files::exists)
                        && Files.readString(jvm).equals(identity);
        if (!changed && current) {
            return;
        }
        Path untrained = app.resolve("untrained");
        for (Path outdated : List.of(command, worker, jvm, untrained)) {
            Files.deleteIfExists(outdated);
        }
        if (System.getProperty("caffeine.train", "true").equals("false")) {
            return;
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String failure =
                Training.train(
                        List.of(java, "@" + options, "--module-path", modules.toString()), app);
        if (failure.isEmpty()) {
            Files.writeString(jvm, identity);
        } else {
            System.err.println("[WARNING] no AOT cache, starts will be slower: " + failure);
            Files.writeString(untrained, failure.lines().findFirst().orElseThrow() + "\n");
        }
    }
}
