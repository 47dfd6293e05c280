package caffeine.os.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.DynamicTest;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Asks the C compiler of this machine what it makes of expressions ({@code sizeof}, {@code
 * offsetof}, macros) and compares that with our constants. Skips when there is no compiler.
 */
public final class CProbe {
    private static final List<String> COMPILERS = List.of("/usr/bin/gcc", "/usr/bin/cc");

    private final Map<String, Long> expected = new LinkedHashMap<>();
    private final StringBuilder includes = new StringBuilder();

    public CProbe(String... headers) {
        for (String header : headers) {
            includes.append("#include <").append(header).append(">\n");
        }
    }

    /** A C expression and the value that we take for its own. */
    public CProbe expect(String expression, long value) {
        expected.put(expression, value);
        return this;
    }

    /** {@code sizeof} a type. */
    public CProbe size(String type, long bytes) {
        return expect("sizeof(" + type + ")", bytes);
    }

    /** {@code offsetof} a field. */
    public CProbe offset(String type, String field, long bytes) {
        return expect("offsetof(" + type + ", " + field + ")", bytes);
    }

    /** Every int constant of a class whose name is that of a C macro: all but the given ones. */
    public CProbe macros(Class<?> type, Set<String> except) {
        for (Field field : type.getDeclaredFields()) {
            if (field.getType() == int.class
                    && Modifier.isStatic(field.getModifiers())
                    && Modifier.isFinal(field.getModifiers())
                    && !except.contains(field.getName())) {
                expect(macro(field.getName()), value(field));
            }
        }
        return this;
    }

    /** System call numbers have lower-case names in C: SYS_openat2. */
    private static String macro(String name) {
        return name.startsWith("SYS_")
                ? "SYS_" + name.substring(4).toLowerCase(java.util.Locale.ROOT)
                : name;
    }

    private static long value(Field field) {
        try {
            field.setAccessible(true);
            return field.getInt(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    /** One test for each expression. */
    public Stream<DynamicTest> tests() throws IOException {
        List<String> values = answers();
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, Long> each : expected.entrySet()) {
            String answer = values.get(tests.size());
            tests.add(
                    DynamicTest.dynamicTest(
                            each.getKey(),
                            () -> assertThat(answer).isEqualTo(each.getValue().toString())));
        }
        return tests.stream();
    }

    private List<String> answers() throws IOException {
        StringBuilder program = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
        program.append("#include <stddef.h>\n").append(includes).append("int main(void) {\n");
        // Flags of the sign bit are ints to us and unsigned to C.
        expected.forEach(
                (expression, value) ->
                        program.append("printf(\"%lld\\n\", (long long) ")
                                .append(value < 0 ? "(int) (" : "(")
                                .append(expression)
                                .append("));\n"));
        return run(program.append("}\n").toString());
    }

    /** Compiles and runs a program; the lines that it prints. */
    public static List<String> run(String program) throws IOException {
        String compiler =
                COMPILERS.stream()
                        .filter(path -> Files.exists(Path.of(path)))
                        .findFirst()
                        .orElse("");
        assumeTrue(!compiler.isEmpty(), "no C compiler: gcc is not installed");
        Path folder = Files.createTempDirectory("probe");
        Path source = folder.resolve("probe.c");
        Path binary = folder.resolve("probe");
        try (Machine machine = new Machine()) {
            Files.writeString(source, program);
            machine.run(
                    compiler,
                    List.of("-w", "-o", binary.toString(), source.toString()),
                    Map.of("PATH", "/usr/bin:/bin"));
            return machine.run(binary.toString(), List.of(), Map.of()).lines().toList();
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(binary);
            Files.delete(folder);
        }
    }
}
