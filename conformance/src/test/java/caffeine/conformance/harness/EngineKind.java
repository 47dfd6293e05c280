package caffeine.conformance.harness;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An engine under test: one of those that {@code --engines} of the launcher lists.
 *
 * @param name what {@code --engine} calls it
 * @param size the option that says how large it is, without hyphens; empty: none does
 * @param way one more option of it, and its value; none: as it is without
 * @param hasDescriptors whether it knows the descriptors of its sockets
 */
public record EngineKind(String name, String size, List<String> way, boolean hasDescriptors) {

    private static final Pattern LINE =
            Pattern.compile(
                    "\\{\"name\":\"([^\"]+)\",\"runsHere\":true,\"size\":(?:null|\"([^\"]+)\"),"
                            + "\"choices\":\\{(.*)\\},.*\"descriptors\":(true|false)\\},?");
    private static final Pattern CHOICE = Pattern.compile("\"([^\"]+)\":\\[\"([^\\]]+)\"\\]");

    private static final List<EngineKind> EVERY_WAY = ask();

    public static final EngineKind PREFORK = named("prefork");
    public static final EngineKind SHARDED = named("sharded");
    public static final EngineKind VIRTUAL = named("virtual");

    /** All that run here. */
    public static List<EngineKind> all() {
        return EVERY_WAY.stream().filter(each -> each.way.isEmpty()).toList();
    }

    /** The same, and beside each what it is with every word that its options take. */
    public static List<EngineKind> everyWay() {
        return EVERY_WAY;
    }

    /** Those that are as large as they are told. */
    public static List<EngineKind> sized() {
        return all().stream().filter(each -> !each.size.isEmpty()).toList();
    }

    /** Those that know the descriptors of their sockets. */
    public static List<EngineKind> withDescriptors() {
        return all().stream().filter(EngineKind::hasDescriptors).toList();
    }

    /** The engine of all tests that do not choose one: {@code -Dcaffeine.engine=sharded}. */
    static EngineKind chosen() {
        return named(System.getProperty("caffeine.engine", "prefork"));
    }

    private static EngineKind named(String name) {
        return all().stream().filter(each -> each.name.equals(name)).findFirst().orElseThrow();
    }

    private static List<EngineKind> ask() {
        String[] command = {Repository.launcher().toString(), "--engines", "--json"};
        String answer = Run.of(command).with("CAFFEINE_NO_BUILD", "1").output();
        List<EngineKind> all = new ArrayList<>();
        for (Matcher line = LINE.matcher(answer); line.find(); ) {
            String size = line.group(2) == null ? "" : line.group(2);
            boolean hasDescriptors = Boolean.parseBoolean(line.group(4));
            all.add(new EngineKind(line.group(1), size, List.of(), hasDescriptors));
            for (Matcher choice = CHOICE.matcher(line.group(3)); choice.find(); ) {
                // The first word is what holds without the option.
                for (String word :
                        List.of(choice.group(2).split("\",\"")).stream().skip(1).toList()) {
                    List<String> way = List.of("--" + choice.group(1), word);
                    all.add(new EngineKind(line.group(1), size, way, hasDescriptors));
                }
            }
        }
        return Collections.unmodifiableList(all);
    }

    /** The command-line options for it and two of its parts. */
    public String[] options() {
        return options(2);
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
