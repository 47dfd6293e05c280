package caffeine.conformance.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** That the checks of the architecture find what they look for, tried on small samples. */
@DisplayName("The checks of the architecture")
class ArchitectureChecksTest {

    @TempDir Path folder;
    private Path sources;
    private Path classes;

    @BeforeEach
    void makeFolders() throws IOException {
        sources = Files.createDirectory(folder.resolve("sources"));
        classes = Files.createDirectory(folder.resolve("classes"));
    }

    @Test
    void findACycleOfPackages() throws IOException {
        write("a/A.java", "package a; public class A { b.B used; }");
        write("b/B.java", "package b; public class B { Object use() { return new c.C[0]; } }");
        write(
                "c/C.java",
                "package c; public class C { void use(java.util.List<a.A> x, a.A y) {} }");
        compile();

        assertThat(Packages.read(classes, sources).cycle()).containsExactly("a", "b", "c", "a");
    }

    @Test
    void findACycleThroughACopiedConstant() throws IOException {
        write(
                "a/A.java",
                "package a; public class A { public static final int ONE = 1; b.B used; }");
        write("b/B.java", "package b; import static a.A.ONE; public class B { int one = ONE; }");
        compile();

        assertThat(Packages.read(classes, sources).cycle()).containsExactly("a", "b", "a");
    }

    @Test
    void acceptPackagesThatShareAThird() throws IOException {
        write("a/A.java", "package a; public class A { b.B used; c.C too; }");
        write("b/B.java", "package b; public class B { c.C used; }");
        write("c/C.java", "package c; public class C {}");
        compile();

        Packages packages = Packages.read(classes, sources);
        assertThat(packages.cycle()).isEmpty();
        assertThat(packages.uses().get("a")).containsExactly("b", "c");
    }

    @Test
    void findTheClock() throws IOException {
        write("a/A.java", "package a; class A { long now() { return System.nanoTime(); } }");
        compile();

        assertThat(Packages.read(classes, sources).mentions())
                .contains("java.lang.System.nanoTime");
    }

    @Test
    void findAModuleThatCallsRestrictedMethods() throws IOException {
        write("module-info.java", "module sample.bold { exports a; }");
        write(
                "a/A.java",
                "package a; import java.lang.foreign.MemorySegment;"
                        + " public class A { Object wild() { return"
                        + " MemorySegment.ofAddress(1).reinterpret(8); } }");
        compile();

        assertThat(NativeAccess.of(List.of(classes), List.of("sample.bold")))
                .containsExactly("sample.bold");
    }

    @Test
    void acceptAModuleWithoutRestrictedMethods() throws IOException {
        write("module-info.java", "module sample.tame { exports a; }");
        write("a/A.java", "package a; public class A {}");
        compile();

        assertThat(NativeAccess.of(List.of(classes), List.of("sample.tame"))).isEmpty();
    }

    @Test
    void findATypeOfAnotherModuleInASignature() throws IOException {
        Path user = Files.createDirectory(folder.resolve("user"));
        write("module-info.java", "module sample.used { exports b; }");
        write("b/B.java", "package b; public class B {}");
        sources = user;
        write("module-info.java", "module sample.user { exports a; requires sample.used; }");
        write("a/A.java", "package a; public class A { public b.B leaked; }");

        Path used = folder.resolve("sources");
        assertThat(Exports.leaks(Map.of("sample.used", used, "sample.user", user)))
                .singleElement()
                .asString()
                .contains("A.java:1:", "class B in module sample.used is not");
    }

    private void write(String file, String text) throws IOException {
        Path target = sources.resolve(file);
        Files.createDirectories(target.getParent());
        Files.writeString(target, text);
    }

    private void compile() throws IOException {
        List<String> arguments = new ArrayList<>(List.of("-proc:none", "-d", classes.toString()));
        try (Stream<Path> files = Files.walk(sources)) {
            files.filter(Files::isRegularFile).forEach(file -> arguments.add(file.toString()));
        }
        int exit =
                ToolProvider.findFirst("javac")
                        .orElseThrow()
                        .run(System.out, System.err, arguments.toArray(String[]::new));
        assertThat(exit).isZero();
    }
}
