import org.jspecify.annotations.NullMarked;

/**
 * The protocols as pure state machines: HTTP/1.1, WebSocket and CGI/1.1. No socket, file, thread or
 * clock.
 */
@NullMarked
module caffeine.http {
    requires static org.jspecify;

    exports caffeine.http;
    exports caffeine.http.cgi;
    exports caffeine.http.form;
    exports caffeine.http.forwarded;
    exports caffeine.http.h1;
    exports caffeine.http.representation;
    exports caffeine.http.websocket;
}
