package caffeine.server.engine;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;
import caffeine.server.prefork.PreforkEngine;
import caffeine.server.prefork.PreforkOptions;
import caffeine.server.sharded.ShardedEngine;
import caffeine.server.sharded.ShardedOptions;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.virtual.VirtualEngine;
import caffeine.server.virtual.VirtualOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The engines that keep the contract, a line each. */
enum EngineUnderTest {
    PREFORK(EngineUnderTest::prefork),
    SHARDED((options, handler) -> sharded(options, Accept.REUSEPORT, handler)),
    SHARDED_ASSIGNED((options, handler) -> sharded(options, Accept.ASSIGN, handler)),
    VIRTUAL((options, handler) -> new VirtualEngine(new VirtualOptions(options, 2, true, handler)));

    private interface Maker {
        Engine make(ServerOptions options, @Nullable Handler handler);
    }

    @SuppressWarnings("ImmutableEnumChecker") // methods of this class, which hold nothing
    private final Maker maker;

    EngineUnderTest(Maker maker) {
        this.maker = maker;
    }

    /** One of two workers or threads, which has not been started. */
    Engine make(ServerOptions options) {
        return maker.make(options, null);
    }

    /** One of two threads with a handler of the test's; workers take none. */
    Engine make(ServerOptions options, Handler handler) {
        return maker.make(options, handler);
    }

    /** Starts it. */
    RunningEngine start(ServerOptions options) {
        return new RunningEngine(make(options));
    }

    /** Workers with the modules of this JVM, quick to start. */
    private static Engine prefork(ServerOptions options, @Nullable Handler handler) {
        if (handler != null) {
            throw new IllegalArgumentException("workers take no handler of a program");
        }
        List<String> java =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=caffeine.os",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-Xmx32m",
                        "--module-path",
                        Objects.requireNonNull(System.getProperty("jdk.module.path")));
        return new PreforkEngine(new PreforkOptions(options, 2, java, Path.of("/tmp")));
    }

    private static Engine sharded(ServerOptions options, Accept accept, @Nullable Handler handler) {
        return new ShardedEngine(new ShardedOptions(options, 2, accept, true, handler));
    }
}
