package caffeine.http;

/**
 * The fields that speak about one connection and not about the message, RFC 9110 §7.6.1: whoever
 * passes a message on, to a script or from one, takes them out, because the connection is the
 * server's. Trailer goes with them, since a trailer section is never passed on.
 */
public final class HopByHop {

    private HopByHop() {}

    /** Whether the field of that name, in any letter case, belongs to the connection. */
    public static boolean contains(String name) {
        return switch (name.length()) {
            case 2 -> name.equalsIgnoreCase("TE");
            case 7 -> name.equalsIgnoreCase("Upgrade") || name.equalsIgnoreCase("Trailer");
            case 10 -> name.equalsIgnoreCase("Connection") || name.equalsIgnoreCase("Keep-Alive");
            case 16 -> name.equalsIgnoreCase("Proxy-Connection");
            case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
            default -> false;
        };
    }
}
