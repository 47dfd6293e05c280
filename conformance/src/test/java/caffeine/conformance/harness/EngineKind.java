package caffeine.conformance.harness;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.TestInfo;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * An engine under test: one of those that {@code --engines} of the launcher lists.
 *
 * @param name what {@code --engine} calls it
 * @param size the option that says how large it is, without hyphens; empty: none does
 * @param way one more option of it, and its value; none: as it is without
 * @param hasDescriptors whether it knows the descriptors of its sockets
 * @param isSequential whether it serves one connection at a time
 * @param isProcessPerConnection whether each connection costs the start of a process
 */
public record EngineKind(
        String name,
        String size,
        List<String> way,
        boolean hasDescriptors,
        boolean isSequential,
        boolean isProcessPerConnection) {

    private static final Pattern LINE =
            Pattern.compile(
                    "\\{\"name\":\"([^\"]+)\",\"runsHere\":true,\"size\":(?:null|\"([^\"]+)\"),"
                        + "\"choices\":\\{(.*)\\},\"sequential\":(true|false),"
                        + "\"processPerConnection\":(true|false).*\"descriptors\":(true|false)\\},?");
    private static final Pattern CHOICE = Pattern.compile("\"([^\"]+)\":\\[\"([^\\]]+)\"\\]");

    /** Names of engines, with a comma between them; empty for all: to try one quickly. */
    private static final String ONLY = System.getProperty("caffeine.engines", "");

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");

    /** Of the engines beside prefork, a test has one in so many. */
    private static final int ONE_IN = 3;

    /** Of what costs a process each, an ordinary run tries one in so many. */
    private static final int SAMPLED = 12;

    private static final int CONNECTIONS = 16;

    private static final List<EngineKind> EVERY_WAY = ask();

    public static final EngineKind PREFORK = named("prefork");
    public static final EngineKind SHARDED = named("sharded");
    public static final EngineKind VIRTUAL = named("virtual");

    /** All that run here. */
    public static List<EngineKind> all() {
        return everyWay().stream().filter(each -> each.way.isEmpty()).toList();
    }

    private static List<EngineKind> everyWay() {
        return EVERY_WAY.stream()
                .filter(each -> ONLY.isEmpty() || List.of(ONLY.split(",")).contains(each.name))
                .toList();
    }

    /**
     * The engines of one test: all with {@code -Pfull}; otherwise prefork, which is the default,
     * and every third of the others. The first of those follows from the test's name, so that each
     * engine has a part of the tests, the same in each run.
     */
    public static List<EngineKind> some(TestInfo test) {
        List<EngineKind> all = all();
        if (FULL || !ONLY.isEmpty()) {
            return all;
        }
        String name =
                test.getTestClass().map(Class::getName).orElseThrow()
                        + test.getTestMethod().map(Method::getName).orElse("");
        int first = Math.floorMod(name.hashCode(), ONE_IN);
        List<EngineKind> some = new ArrayList<>(List.of(PREFORK));
        List<EngineKind> others = all.stream().filter(each -> !each.equals(PREFORK)).toList();
        for (int i = first; i < others.size(); i += ONE_IN) {
            some.add(others.get(i));
        }
        return some;
    }

    /** The same, and beside each what it is with every word that its options take. */
    public static List<EngineKind> someInEveryWay(TestInfo test) {
        List<String> names = some(test).stream().map(EngineKind::name).toList();
        return everyWay().stream().filter(each -> names.contains(each.name)).toList();
    }

    /** Those of {@link #some} that are as large as they are told. */
    public static List<EngineKind> someSized(TestInfo test) {
        return some(test).stream().filter(each -> !each.size.isEmpty()).toList();
    }

    /** Those of {@link #some} that know the descriptors of their sockets. */
    public static List<EngineKind> someWithDescriptors(TestInfo test) {
        return some(test).stream().filter(EngineKind::hasDescriptors).toList();
    }

    /** Skips a test whose clients are served at the same time, where they are not. */
    public void servesSeveralAtOnce() {
        assumeFalse(isSequential, "serves one connection at a time");
    }

    /**
     * Some of what takes a connection each: where that costs a process, one in twelve unless all is
     * tested.
     */
    public <T> List<T> sample(List<T> all) {
        if (!isProcessPerConnection || FULL) {
            return all;
        }
        return IntStream.range(0, all.size())
                .filter(i -> i % SAMPLED == 0)
                .mapToObj(all::get)
                .toList();
    }

    /** The engine of all tests that do not choose one: {@code -Dcaffeine.engine=sharded}. */
    static EngineKind chosen() {
        return named(System.getProperty("caffeine.engine", "prefork"));
    }

    private static EngineKind named(String name) {
        return EVERY_WAY.stream()
                .filter(each -> each.way.isEmpty() && each.name.equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<EngineKind> ask() {
        String[] command = {Repository.launcher().toString(), "--engines", "--json"};
        String answer = Run.of(command).with("CAFFEINE_NO_BUILD", "1").output();
        List<EngineKind> all = new ArrayList<>();
        for (Matcher line = LINE.matcher(answer); line.find(); ) {
            String size = line.group(2) == null ? "" : line.group(2);
            boolean hasDescriptors = Boolean.parseBoolean(line.group(6));
            boolean isSequential = Boolean.parseBoolean(line.group(4));
            boolean isProcessPerConnection = Boolean.parseBoolean(line.group(5));
            EngineKind plain =
                    new EngineKind(
                            line.group(1),
                            size,
                            List.of(),
                            hasDescriptors,
                            isSequential,
                            isProcessPerConnection);
            all.add(plain);
            for (Matcher choice = CHOICE.matcher(line.group(3)); choice.find(); ) {
                // The first word is what holds without the option.
                for (String word :
                        List.of(choice.group(2).split("\",\"")).stream().skip(1).toList()) {
                    String name = choice.group(1);
                    all.add(
                            plain.with(
                                    word.equals("no")
                                            ? List.of("--no-" + name)
                                            : List.of("--" + name, word)));
                }
            }
        }
        return Collections.unmodifiableList(all);
    }

    private EngineKind with(List<String> newWay) {
        return new EngineKind(
                name, size, newWay, hasDescriptors, isSequential, isProcessPerConnection);
    }

    /**
     * The command-line options for it and two of its parts, or as many as a test has connections
     * where one serves a single connection.
     */
    public String[] options() {
        return options(isProcessPerConnection ? CONNECTIONS : 2);
    }

    /** The same with so many parts, where it has them. */
    public String[] options(int parts) {
        List<String> options = new ArrayList<>(List.of("--engine", name));
        options.addAll(way);
        if (!size.isEmpty()) {
            options.addAll(List.of("--" + size, Integer.toString(parts)));
        }
        return options.toArray(new String[0]);
    }

    @Override
    public String toString() {
        return name + String.join(" ", way).replaceFirst("^--", " ");
    }
}
