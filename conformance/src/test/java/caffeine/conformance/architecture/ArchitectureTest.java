package caffeine.conformance.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Repository;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which part of the house may use which, and who may call native code. */
@DisplayName("The architecture")
class ArchitectureTest {

    /** Our own modules, each with all that it may require at run time. */
    private static final Map<String, Set<String>> MAY_REQUIRE =
            Map.of(
                    "os", Set.of("java.base"),
                    "http", Set.of("java.base"),
                    "server", Set.of("java.base", "caffeine.os", "caffeine.http"),
                    "cli",
                            Set.of(
                                    "java.base",
                                    "jdk.unsupported",
                                    "caffeine.os",
                                    "caffeine.http",
                                    "caffeine.server",
                                    "org.apache.commons.cli",
                                    "org.tomlj"));

    /** What belongs to the world outside of the protocols: sockets, files, threads, clocks. */
    private static final List<String> OUTSIDE_OF_PROTOCOLS =
            List.of(
                    "java.io.File",
                    "java.lang.Thread",
                    "java.lang.System.currentTimeMillis",
                    "java.lang.System.nanoTime",
                    "java.lang.foreign.",
                    "java.net.",
                    "java.nio.channels.",
                    "java.nio.file.",
                    "java.time.Clock",
                    "java.time.Instant.now",
                    "java.util.concurrent.Execut");

    @ParameterizedTest
    @ValueSource(strings = {"os", "http", "server", "cli"})
    void packagesOfAModuleUseEachOtherInOneDirection(String folder) throws IOException {
        Packages packages = packages(folder);
        assertThat(packages.uses()).as("packages of %s", folder).isNotEmpty();
        assertThat(packages.cycle()).as("a cycle among the packages of %s", folder).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"os", "http", "server", "cli"})
    void modulesRequireWhatTheyMay(String folder) throws IOException {
        ModuleDescriptor descriptor;
        try (InputStream in = Files.newInputStream(classes(folder).resolve("module-info.class"))) {
            descriptor = ModuleDescriptor.read(in);
        }
        Set<String> required =
                descriptor.requires().stream()
                        .filter(r -> !r.modifiers().contains(Requires.Modifier.STATIC))
                        .map(Requires::name)
                        .collect(Collectors.toSet());
        assertThat(descriptor.name()).isEqualTo("caffeine." + folder);
        assertThat(MAY_REQUIRE.get(folder)).containsAll(required);
    }

    /** Or else a program that requires one of these modules cannot be compiled without another. */
    @Test
    void exportedSignaturesNameOnlyModulesThatAreRequiredTransitively() throws IOException {
        Path root = Repository.root();
        Map<String, Path> sources =
                Map.of(
                        "caffeine.os", root.resolve("os/src/main/java"),
                        "caffeine.http", root.resolve("http/src/main/java"),
                        "caffeine.server", root.resolve("server/src/main/java"));
        // A signature can be read without the annotations.
        assertThat(Exports.leaks(sources))
                .filteredOn(leak -> !leak.contains(" in module org.jspecify is "))
                .isEmpty();
    }

    @Test
    void protocolsKnowEachOtherOnlyThroughTheRoot() throws IOException {
        packages("http")
                .uses()
                .forEach(
                        (user, used) ->
                                assertThat(used)
                                        .as("what %s uses", user)
                                        .isSubsetOf("caffeine.http"));
    }

    @Test
    void protocolsTouchNoSocketFileThreadOrClock() throws IOException {
        assertThat(packages("http").mentions())
                .filteredOn(name -> OUTSIDE_OF_PROTOCOLS.stream().anyMatch(name::startsWith))
                .isEmpty();
    }

    @Test
    void onlyOsCallsRestrictedMethods() throws IOException {
        // What the launcher runs, libraries included.
        List<Path> jars;
        try (Stream<Path> all = Files.list(Repository.root().resolve("cli/target/app/modules"))) {
            jars = all.toList();
        }
        assertThat(NativeAccess.of(jars, List.of("caffeine.cli"))).containsExactly("caffeine.os");
    }

    private static Packages packages(String folder) throws IOException {
        return Packages.read(
                classes(folder), Repository.root().resolve(folder).resolve("src/main/java"));
    }

    private static Path classes(String folder) {
        return Repository.root().resolve(folder).resolve("target/classes");
    }
}
