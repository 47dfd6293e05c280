import org.jspecify.annotations.NullMarked;

/** Pollers, loops, engines, connections and handlers. */
@NullMarked
module caffeine.server {
    requires static org.jspecify;
    requires caffeine.http;
    requires caffeine.os;
}
