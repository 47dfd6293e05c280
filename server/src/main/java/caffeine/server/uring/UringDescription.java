package caffeine.server.uring;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.poll.UringPoller;
import caffeine.server.sharded.ShardedDescription;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;

/** {@code --engine uring}. */
public final class UringDescription implements EngineDescription {

    private static @Nullable String refusal;

    /** It has no state. */
    public UringDescription() {}

    @Override
    public String name() {
        return "uring";
    }

    @Override
    public String drawing() {
        return """
        The threads of sharded, each with an io_uring: the kernel accepts and receives ahead, and
        one system call sends the output of a turn and waits. On a system that does not allow
        io_uring (Linux 6.0), sharded runs in its place.

          clients --+--> listener 1 --> thread 1 <==> requests, completions <==> kernel
                    +--> listener 2 --> thread 2 <==> requests, completions <==> kernel
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS);
    }

    @Override
    public @Nullable Substitute substitute() {
        if (obstacle() != null) {
            return null;
        }
        String refused = refusal();
        return refused.isEmpty() ? null : new Substitute(new ShardedDescription(), refused);
    }

    /**
     * Why the kernel refuses; empty: it does not. It is asked when that is first needed, not when
     * this class is initialised, which every engine does, and once: it does not change while a
     * process runs.
     */
    private static synchronized String refusal() {
        String known = refusal;
        if (known == null) {
            known = Objects.requireNonNullElse(UringPoller.obstacle(), "");
            refusal = known;
        }
        return known;
    }

    @Override
    public Engine make(EngineSetup setup) {
        Substitute other = substitute();
        return other == null ? new UringEngine(this, setup) : new UringEngine(other, setup);
    }
}
