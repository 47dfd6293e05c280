package caffeine.server.testing;

import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.LogLevel;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;

import java.nio.file.Path;
import java.util.Map;

/** Options for a {@link LoopBench}. */
public final class TestOptions {

    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";

    private TestOptions() {}

    public static ServerOptions defaults() {
        return serving(Path.of("/nowhere"));
    }

    public static ServerOptions serving(Path root) {
        return new ServerOptions(
                NetworkOptions.of(LoopBench.anyPort()),
                ServerLimits.DEFAULT,
                Deadlines.DEFAULT,
                App.SCRIPTS,
                new ScriptOptions(
                        root,
                        false,
                        Map.of("PATH", PATH),
                        false,
                        ScriptOptions.DEFAULT_INTERPRETERS),
                LogLevel.DEBUG);
    }
}
