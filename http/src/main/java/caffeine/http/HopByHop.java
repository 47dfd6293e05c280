package caffeine.http;

/**
 * The fields that describe one connection and not the message, RFC 9110 §7.6.1. They are removed
 * from a message that is passed to a script or from one, because the connection belongs to the
 * server. Trailer is removed too, because a trailer section is never passed on.
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
