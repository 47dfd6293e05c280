package caffeine.server.engines;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.fork.ForkDescription;
import caffeine.server.prefork.PreforkDescription;
import caffeine.server.reactor.ReactorDescription;
import caffeine.server.selector.SelectorDescription;
import caffeine.server.sequential.SequentialDescription;
import caffeine.server.sharded.ShardedDescription;
import caffeine.server.shared.SharedDescription;
import caffeine.server.uring.UringDescription;
import caffeine.server.virtual.VirtualDescription;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.stream.Collectors;

/** The engines, a line each. */
public final class Engines {

    /** All of them, in the order in which they are shown. */
    public static final List<EngineDescription> ALL =
            List.of(
                    new PreforkDescription(), //
                    new ReactorDescription(),
                    new SharedDescription(),
                    new ShardedDescription(),
                    new UringDescription(),
                    new VirtualDescription(),
                    new SelectorDescription(),
                    new SequentialDescription(),
                    new ForkDescription());

    /** The default engine of the command. */
    public static final EngineDescription DEFAULT = ALL.getFirst();

    private Engines() {}

    /** By its name, in any case; null when there is none. */
    public static @Nullable EngineDescription named(String name) {
        return ALL.stream()
                .filter(each -> each.name().equalsIgnoreCase(name))
                .findFirst()
                .orElse(null);
    }

    /** Their names, with a comma between them. */
    public static String names() {
        return ALL.stream().map(EngineDescription::name).collect(Collectors.joining(", "));
    }

    /** The options of all of them, each once. */
    public static List<EngineOption> options() {
        return ALL.stream().flatMap(each -> each.options().stream()).distinct().toList();
    }

    /** The names of those that have an option: {@code sharded and virtual}. */
    public static String with(EngineOption option) {
        List<String> names =
                ALL.stream()
                        .filter(each -> each.options().contains(option))
                        .map(EngineDescription::name)
                        .toList();
        int last = names.size() - 1;
        String others = String.join(", ", names.subList(0, last));
        return last == 0 ? names.getFirst() : others + " and " + names.getLast();
    }
}
