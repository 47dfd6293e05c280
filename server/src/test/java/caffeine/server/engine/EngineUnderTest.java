package caffeine.server.engine;

import caffeine.server.ServerOptions;
import caffeine.server.prefork.PreforkEngine;
import caffeine.server.prefork.PreforkOptions;
import caffeine.server.sharded.ShardedEngine;
import caffeine.server.sharded.ShardedOptions;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.virtual.VirtualEngine;
import caffeine.server.virtual.VirtualOptions;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The engines that keep the contract, a line each. */
enum EngineUnderTest {
    PREFORK(EngineUnderTest::prefork),
    SHARDED(options -> sharded(options, Accept.REUSEPORT)),
    SHARDED_ASSIGNED(options -> sharded(options, Accept.ASSIGN)),
    VIRTUAL(options -> new VirtualEngine(new VirtualOptions(options, 2, true)));

    private interface Maker {
        Engine make(ServerOptions options);
    }

    @SuppressWarnings("ImmutableEnumChecker") // methods of this class, which hold nothing
    private final Maker maker;

    EngineUnderTest(Maker maker) {
        this.maker = maker;
    }

    /** One of two workers or threads, which has not been started. */
    Engine make(ServerOptions options) {
        return maker.make(options);
    }

    /** Starts it. */
    RunningEngine start(ServerOptions options) {
        return new RunningEngine(make(options));
    }

    /** Workers with the modules of this JVM, quick to start. */
    private static Engine prefork(ServerOptions options) {
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

    private static Engine sharded(ServerOptions options, Accept accept) {
        return new ShardedEngine(new ShardedOptions(options, 2, accept, true));
    }
}
