package caffeine.http.h1;

/** Whether the client wants the connection to outlive the exchange, RFC 9112 §9.3. */
final class Persistence {
    private Persistence() {}

    /**
     * By the Connection options (RFC 9110 §7.6.1): {@code close} ends it, whatever else is said;
     * HTTP/1.0 persists only if {@code keep-alive} asks for it.
     */
    static boolean of(FieldTable fields, ListElements options, int minorVersion) {
        boolean persistent = minorVersion > 0;
        if (fields.find(Role.CONNECTION, 0) < 0) {
            return persistent;
        }
        options.begin(Role.CONNECTION);
        while (options.next()) {
            if (options.is("close")) {
                return false;
            }
            persistent |= options.is("keep-alive");
        }
        return persistent;
    }
}
