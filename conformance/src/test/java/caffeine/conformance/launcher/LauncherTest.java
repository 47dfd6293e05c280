package caffeine.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What {@code ./caffeine} does before Java runs. */
@DisplayName("The launcher")
class LauncherTest {
    private static final String BUILDING = "caffeine: building";

    @TempDir Path folder;
    private House house;

    @BeforeEach
    void buildHouse() throws IOException {
        house = new House(folder);
    }

    @Nested
    class Starting {
        @BeforeEach
        void build() throws IOException {
            house.build();
        }

        @Test
        void runsJarsOnTheModulePath() {
            String app = house.root() + "/cli/target/app";

            Run.Outcome outcome = house.start("--port", "0");

            assertThat(outcome.out().lines())
                    .containsExactly(
                            "@" + app + "/jvm.options",
                            "-Xmx256m",
                            "--module-path",
                            app + "/modules",
                            "--module",
                            "caffeine.cli/caffeine.cli.Main",
                            "--port",
                            "0");
            assertThat(outcome.err()).isEmpty();
        }

        @Test
        void usesTheAotCacheThatIsThere() throws IOException {
            Path cache = house.root().resolve("cli/target/app/command.aot");
            Files.writeString(cache, "");

            assertThat(house.start().out().lines()).contains("-XX:AOTCache=" + cache);
        }

        @Test
        void handsArgumentsOnAsTheyAre() {
            assertThat(house.start("a b", "", "*", "$HOME", "-").out())
                    .endsWith("Main\na b\n\n*\n$HOME\n-\n");
        }

        @Test
        void findsItsHouseThroughLinks() throws IOException {
            Path inner = Files.createDirectory(folder.resolve("inner"));
            Path relative =
                    Files.createSymbolicLink(inner.resolve("c"), Path.of("../a house/caffeine"));
            Path link = Files.createSymbolicLink(folder.resolve("link"), relative);

            assertThat(house.run(link).out()).contains("@" + house.root() + "/cli/target");
        }

        @Test
        void namesItsHouseWithoutLinks() throws IOException {
            Path link = Files.createSymbolicLink(folder.resolve("elsewhere"), house.root());

            assertThat(house.run(link.resolve("caffeine")).out())
                    .contains("@" + house.root() + "/cli/target");
        }
    }

    @Nested
    class Building {
        @Test
        void happensAtFirstUseWithOneLineOfProgress() throws IOException {
            Run.Outcome outcome = house.start("--version");

            assertThat(house.mavenCalls()).isEqualTo(1);
            assertThat(outcome.err()).startsWith(BUILDING).hasLineCount(1);
            assertThat(outcome.out()).endsWith("--version\n").doesNotContain("Maven");
        }

        @Test
        void isNotRepeatedWhenNothingIsNewer() throws IOException {
            house.build();

            assertThat(house.start().err()).isEmpty();
            assertThat(house.mavenCalls()).isZero();
        }

        @Test
        void happensWhenASourceIsNewer() throws IOException {
            house.build();
            Files.setLastModifiedTime(house.source(), FileTime.from(Instant.now()));

            assertThat(house.start().err()).startsWith(BUILDING);
        }

        @Test
        void happensWhenASourceIsGone() throws IOException {
            house.build();
            Files.delete(house.source());

            assertThat(house.start().err()).startsWith(BUILDING);
        }

        @Test
        void happensOnceWhenTwoStartTogether() throws Exception {
            house.installMaven(": >building; until [ -e go ]; do sleep 0.01; done");
            Path secondSays = folder.resolve("second");
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var first = CompletableFuture.supplyAsync(() -> house.start("first"), threads);
                house.awaitFile("building");
                Path second = folder.resolve("second.sh");
                Files.writeString(
                        second,
                        "#!/bin/sh\nexec '"
                                + house.launcher()
                                + "' second 2>'"
                                + secondSays
                                + "'\n");
                second.toFile().setExecutable(true);
                var other = CompletableFuture.supplyAsync(() -> house.run(second), threads);
                Await.until("the second start waits", () -> says(secondSays, "waiting"));
                Files.writeString(house.root().resolve("go"), "");

                assertThat(first.get().out()).endsWith("first\n");
                assertThat(other.get().out()).endsWith("second\n");
                assertThat(house.mavenCalls()).isEqualTo(1);
            }
        }

        @Test
        void showsWhatMavenSaidOnlyWhenItFails() throws IOException {
            house.installMaven("exit 1");

            Run.Outcome outcome = house.start();

            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err()).contains("what Maven says").contains("the build failed");
        }

        @Test
        void neverHappensWhenForbidden() throws IOException {
            house.with("CAFFEINE_NO_BUILD", "1");

            Run.Outcome nothingThere = house.start();
            house.build();
            Files.setLastModifiedTime(house.source(), FileTime.from(Instant.now()));
            Run.Outcome staleBuild = house.start();

            assertThat(nothingThere.exit()).isEqualTo(1);
            assertThat(nothingThere.err()).contains("nothing is built").contains("mvn package");
            assertThat(staleBuild.exit()).isZero();
            assertThat(staleBuild.err()).isEmpty();
            assertThat(house.mavenCalls()).isZero();
        }
    }

    @Nested
    class WithoutMaven {
        @BeforeEach
        void removeMaven() throws IOException {
            house.removeMaven();
        }

        @Test
        void saysWhatToInstall() {
            Run.Outcome outcome = house.start();

            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err()).contains("Install Maven");
        }

        @Test
        void startsTheOldBuildAndSaysSo() throws IOException {
            house.build();
            Files.setLastModifiedTime(house.source(), FileTime.from(Instant.now()));

            Run.Outcome outcome = house.start("x");

            assertThat(outcome.out()).endsWith("x\n");
            assertThat(outcome.err()).contains("starting the old build").hasLineCount(1);
        }
    }

    @Nested
    class TheRealOne {
        @Test
        void fitsItsAotCaches() {
            Path app = Repository.root().resolve("cli/target/app");
            Assumptions.assumeTrue(
                    Files.exists(app.resolve("worker.aot"))
                            || Files.exists(app.resolve("untrained")),
                    "the build was asked for no caches (-Dcaffeine.train=false)");
            // AOTMode=on refuses to start without the cache; the launcher alone would not tell.
            Run.Outcome outcome =
                    Run.of(Repository.launcher().toString(), "--version")
                            .with("CAFFEINE_NO_BUILD", "1")
                            .with("JAVA_HOME", System.getProperty("java.home"))
                            .with("JDK_JAVA_OPTIONS", "-XX:AOTMode=on")
                            .outcome();

            assertThat(outcome.exit()).as(outcome.toString()).isZero();
            assertThat(app.resolve("worker.aot")).isNotEmptyFile();
        }

        @Test
        void passesOverAJavaThatIsTooOld() throws IOException {
            Path old = folder.resolve("old");
            Path fit = folder.resolve("home/.jdks/fit");
            House.installJava(old, "17.0.15", "echo old");
            House.installJava(
                    fit, "25", "exec '" + System.getProperty("java.home") + "/bin/java' \"$@\"");

            String version =
                    Run.of(Repository.launcher().toString(), "--version")
                            .with("CAFFEINE_NO_BUILD", "1")
                            .with("HOME", folder.resolve("home").toString())
                            .with("JAVA_HOME", old.toString())
                            .output();

            assertThat(version).startsWith("caffeine ");
        }
    }

    private static boolean says(Path file, String word) {
        try {
            return Files.exists(file) && Files.readString(file).contains(word);
        } catch (IOException e) {
            return false;
        }
    }
}
