import org.jspecify.annotations.NullMarked;

/** The {@code caffeine} command. */
@NullMarked
module caffeine.cli {
    requires static org.jspecify;
    requires caffeine.os;
    requires caffeine.server;
    requires info.picocli;
    requires jdk.unsupported; // sun.misc.Signal, in Signals alone
}
