package caffeine.conformance.embed;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Tree;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Maven projects that use the library, built offline from a local repository that holds what {@code
 * mvn install} would have put there.
 */
@DisplayName("A Maven project")
class MavenTest {

    private static final List<String> LIBRARY = List.of("os", "http", "server");
    private static final List<String> INSTALLED = List.of("bom", "os", "http", "server", "cli");
    private static final Path ROOT = Repository.root();
    private static final Tree TREE = new Tree();

    private static final String POM =
            """
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <groupId>sample</groupId>
              <artifactId>sample</artifactId>
              <version>1</version>
              <properties>
                <maven.compiler.release>25</maven.compiler.release>
                <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
              </properties>
              <dependencies>
                <dependency>
                  <groupId>org.caffeinehttp</groupId>
                  <artifactId>caffeine-server</artifactId>
                  <version>CAFFEINE</version>
                </dependency>
              </dependencies>
              <build>
                <plugins>
                  <plugin>
                    <artifactId>maven-resources-plugin</artifactId>
                    <version>RESOURCES</version>
                  </plugin>
                  <plugin>
                    <artifactId>maven-compiler-plugin</artifactId>
                    <version>COMPILER</version>
                    <configuration>
                      <showWarnings>true</showWarnings>
                      <failOnWarning>true</failOnWarning>
                      <compilerArgs>
                        <arg>-Xlint:all</arg>
                      </compilerArgs>
                    </configuration>
                  </plugin>
                  <plugin>
                    <artifactId>maven-dependency-plugin</artifactId>
                    <version>DEPENDENCY</version>
                  </plugin>
                </plugins>
              </build>
            </project>
            """;

    private static final String PROGRAM =
            """
            package sample;

            import caffeine.server.embed.Server;
            import caffeine.server.handler.Response;

            class Sample {
                public static void main(String[] words) throws Exception {
                    Server server = Server.start(0, request -> Response.text("from " + request.query()));
                    System.out.println("listening on " + server.url());
                    server.close();
                }
            }
            """;

    private static String parentPom;
    private static Path repository;

    @BeforeAll
    static void fillRepository() throws IOException {
        Run.needs("mvn", "maven");
        parentPom = Files.readString(ROOT.resolve("pom.xml"));
        // REPOSITORY/org/jspecify/jspecify/VERSION/FILE
        URI annotations =
                URI.create(
                        Nullable.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toString());
        Path local = Path.of(annotations).resolve("../../../../..").normalize();
        repository = Files.createDirectory(TREE.resolve("repository"));
        link(local, repository, "org");
        link(
                local.resolve("org"),
                Files.createDirectory(repository.resolve("org")),
                "caffeinehttp");
        install("caffeine", "pom", ROOT.resolve("pom.xml"));
        for (String module : LIBRARY) {
            String artifact = "caffeine-" + module;
            String file = artifact + "-" + version() + ".jar";
            install(artifact, "pom", ROOT.resolve(module).resolve("pom.xml"));
            install(artifact, "jar", ROOT.resolve("cli/target/app/modules").resolve(file));
        }
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void compilesWithoutWarningsAndRuns(boolean modular) throws IOException {
        Path project = TREE.resolve(modular ? "modular" : "class-path");
        Path sources = project.resolve("src/main/java");
        Files.createDirectories(sources.resolve("sample"));
        Files.writeString(sources.resolve("sample/Sample.java"), PROGRAM);
        if (modular) {
            Files.writeString(
                    sources.resolve("module-info.java"),
                    "module sample {\n    requires caffeine.server;\n}\n");
        }
        Files.writeString(
                project.resolve("pom.xml"),
                POM.replace("CAFFEINE", version())
                        .replace("RESOURCES", element("version.plugin.resources"))
                        .replace("COMPILER", element("version.plugin.compiler"))
                        .replace("DEPENDENCY", element("version.plugin.dependency")));

        Outcome outcome = maven(project);

        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        String path = Files.readString(project.resolve("path"));
        // At run time it depends on the JDK alone.
        assertThat(Arrays.stream(path.split(":", -1)).map(jar -> Path.of(jar).getFileName()))
                .extracting(Path::toString)
                .containsExactlyInAnyOrderElementsOf(
                        LIBRARY.stream()
                                .map(m -> "caffeine-" + m + "-" + version() + ".jar")
                                .toList());
        String all = path + ":" + project.resolve("target/classes");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(
                modular
                        ? List.of("--enable-native-access=caffeine.os", "-p", all)
                        : List.of("--enable-native-access=ALL-UNNAMED", "-cp", all));
        command.addAll(modular ? List.of("-m", "sample/sample.Sample") : List.of("sample.Sample"));
        Outcome run = Run.of(command).outcome();
        assertThat(run.exit()).as(run.toString()).isZero();
        assertThat(run.out()).startsWith("listening on http://127.0.0.1:");
    }

    /** Tests and benchmarks are no artifacts, and some have no jar that could be installed. */
    @Test
    void getsNeitherTestsNorBenchmarksFromTheRepository() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT, 3)) {
            for (Path pom : files.filter(file -> file.endsWith("pom.xml")).toList()) {
                String module = ROOT.relativize(pom).toString();
                boolean skipped =
                        Stream.of("install", "deploy")
                                .allMatch(what -> has(pom, "<maven." + what + ".skip>true<"));
                boolean shipped =
                        module.equals("pom.xml")
                                || INSTALLED.contains(module.replace("/pom.xml", ""));
                assertThat(skipped).as(module).isNotEqualTo(shipped);
            }
        }
    }

    private static Outcome maven(Path project) {
        Outcome outcome =
                Run.of(
                                "mvn",
                                "-o",
                                "-B",
                                "-q",
                                "-Dmaven.repo.local=" + repository,
                                "compile",
                                "dependency:build-classpath",
                                "-DincludeScope=runtime",
                                "-Dmdep.outputFile=path")
                        .with("JAVA_HOME", System.getProperty("java.home"))
                        .in(project)
                        .outcome();
        // Those of org.apache.maven that this build itself does not use.
        Assumptions.assumeFalse(
                outcome.out().contains("in offline mode"),
                "Maven lacks something that only the network has: " + outcome);
        return outcome;
    }

    /** Puts a file where {@code mvn install} puts it. */
    private static void install(String artifact, String type, Path file) throws IOException {
        Path folder =
                Files.createDirectories(
                        repository
                                .resolve("org/caffeinehttp")
                                .resolve(artifact)
                                .resolve(version()));
        Files.copy(file, folder.resolve(artifact + "-" + version() + "." + type));
    }

    /** Links to all that is in a folder but for one name. */
    private static void link(Path from, Path to, String without) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                if (!entry.endsWith(without)) {
                    Files.createSymbolicLink(to.resolve(entry.getFileName()), entry);
                }
            }
        }
    }

    private static String version() {
        return element("version");
    }

    /** The first of this name in the parent's POM. */
    private static String element(String name) {
        Matcher found = Pattern.compile("<" + name + ">(.*?)</").matcher(parentPom);
        assertThat(found.find()).as(name).isTrue();
        return found.group(1);
    }

    private static boolean has(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
