import org.jspecify.annotations.NullMarked;

/** The {@code caffeine} command. */
@NullMarked
@SuppressWarnings("requires-automatic") // org.tomlj has a name of its own, but no descriptor
module caffeine.cli {
    requires static org.jspecify;
    requires caffeine.os;
    requires caffeine.server;
    requires org.apache.commons.cli;
    requires org.tomlj; // in ConfigFile alone
    requires jdk.unsupported; // sun.misc.Signal, in Signals alone
}
