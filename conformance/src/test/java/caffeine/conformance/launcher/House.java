package caffeine.conformance.launcher;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A house of its own around a copy of the launcher, with a Maven and a Java that only tell how they
 * were called: so what the launcher decides is seen without a build.
 */
final class House {
    /** What the launcher may call besides Maven and Java. */
    private static final List<String> TOOLS =
            List.of("cat", "dirname", "find", "flock", "mkdir", "readlink", "rmdir", "sleep");

    private final Path folder;
    private final Path root;
    private final Path tools;
    private final Map<String, String> environment = new TreeMap<>();

    /** Builds a house with sources, none of them compiled. */
    House(Path folder) throws IOException {
        this.folder = folder;
        root = Files.createDirectory(folder.resolve("a house"));
        tools = Files.createDirectory(folder.resolve("tools"));
        for (String tool : TOOLS) {
            writeScript(tools.resolve(tool), "exec " + find(tool) + " \"$@\"");
        }
        Files.copy(Repository.launcher(), launcher());
        for (String module : List.of("os", "http", "server", "cli")) {
            Files.createDirectories(root.resolve(module).resolve("src/main/java"));
            Files.writeString(root.resolve(module).resolve("pom.xml"), "");
        }
        Files.writeString(source(), "");
        Files.createDirectories(root.resolve("tools"));
        Files.createDirectories(root.resolve(".mvn"));
        Files.writeString(root.resolve("pom.xml"), "");
        Path jdk = folder.resolve("jdk");
        // It prints its arguments, a line each.
        installJava(jdk, "25.0.1", "for a; do printf '%s\\n' \"$a\"; done");
        with("JAVA_HOME", jdk.toString());
        installMaven(":");
        age(hoursAgo(2));
    }

    Path root() {
        return root;
    }

    Path launcher() {
        return root.resolve("caffeine");
    }

    Path source() {
        return root.resolve("os/src/main/java/Some.java");
    }

    House with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** A Java that claims to be of this version and does this. */
    static void installJava(Path home, String version, String doing) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(
                home.resolve("release"),
                "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\n");
        writeScript(home.resolve("bin/java"), doing);
        writeScript(home.resolve("bin/javac"), ":");
    }

    /** A Maven that counts its calls, does this, and leaves behind what a build does. */
    void installMaven(String doing) throws IOException {
        writeScript(
                tools.resolve("mvn"),
                """
                cd '%s'
                echo called >>calls
                echo "what Maven says"
                %s
                mkdir -p cli/target/app/modules
                : >cli/target/app/jvm.options
                : >cli/target/app/built
                """
                        .formatted(root, doing));
    }

    void removeMaven() throws IOException {
        Files.delete(tools.resolve("mvn"));
    }

    int mavenCalls() throws IOException {
        Path calls = root.resolve("calls");
        return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
    }

    /** Leaves a build behind that is newer than every source. */
    void build() throws IOException {
        Path app = Files.createDirectories(root.resolve("cli/target/app"));
        Files.writeString(app.resolve("jvm.options"), "");
        Files.writeString(app.resolve("built"), "");
        Files.setLastModifiedTime(app.resolve("built"), hoursAgo(1));
    }

    Run.Outcome start(String... arguments) {
        return run(launcher(), arguments);
    }

    Run.Outcome run(Path launcher, String... arguments) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        Map<String, String> all = new TreeMap<>(environment);
        all.put("PATH", tools.toString());
        return Run.of(command).withOnly(all).in(folder).outcome();
    }

    void awaitFile(String name) {
        Await.until(name, () -> Files.exists(root.resolve(name)));
    }

    private void age(FileTime time) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.toList()) {
                Files.setLastModifiedTime(file, time);
            }
        }
    }

    private static FileTime hoursAgo(int hours) {
        return FileTime.from(Instant.now().minus(Duration.ofHours(hours)));
    }

    private static void writeScript(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path find(String tool) {
        return Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1))
                .map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError(tool + " is not installed"));
    }
}
