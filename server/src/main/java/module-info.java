import org.jspecify.annotations.NullMarked;

/** Pollers, loops, engines, connections and handlers. */
@NullMarked
@SuppressWarnings("module") // caffeine.cli is compiled after this
module caffeine.server {
    requires static org.jspecify;
    requires transitive caffeine.http;
    requires caffeine.os;

    exports caffeine.server.options;
    exports caffeine.server.core;
    exports caffeine.server.embed;
    exports caffeine.server.engine;
    exports caffeine.server.engines;
    exports caffeine.server.handler;
    exports caffeine.server.log;
    exports caffeine.server.prefork;
    exports caffeine.server.reactor;
    exports caffeine.server.script to
            caffeine.cli; // for --check and --try
    exports caffeine.server.selector;
    exports caffeine.server.sequential;
    exports caffeine.server.sharded;
    exports caffeine.server.shared;
    exports caffeine.server.testkit;
    exports caffeine.server.virtual;
}
