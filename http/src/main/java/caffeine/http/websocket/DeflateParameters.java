package caffeine.http.websocket;

import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What both sides have agreed on for permessage-deflate, RFC 7692 §7.1.
 *
 * <p>{@link java.util.zip.Deflater} has a window of 32 KiB and no other. So an offer that demands a
 * smaller one of the server is declined (§7.1.2.1). The window of the client may have any size,
 * because the larger one that inflates holds it: {@code client_max_window_bits} is accepted, and
 * needs no answer (§7.1.2.2).
 *
 * @param serverNoContextTakeover whether the server forgets each message, §7.1.1.1
 * @param clientNoContextTakeover whether the client does, §7.1.1.2
 * @param namesServerWindow whether the client has asked for {@code server_max_window_bits}, and is
 *     told them
 */
public record DeflateParameters(
        boolean serverNoContextTakeover,
        boolean clientNoContextTakeover,
        boolean namesServerWindow) {

    /** Context takeover in both directions. */
    public static final DeflateParameters DEFAULTS = new DeflateParameters(false, false, false);

    static final String EXTENSION = "permessage-deflate";

    private static final String SERVER_NO_CONTEXT_TAKEOVER = "server_no_context_takeover";
    private static final String CLIENT_NO_CONTEXT_TAKEOVER = "client_no_context_takeover";
    private static final String SERVER_MAX_WINDOW_BITS = "server_max_window_bits";
    private static final String CLIENT_MAX_WINDOW_BITS = "client_max_window_bits";

    private static final int LEAST_WINDOW_BITS = 8;
    private static final int WINDOW_BITS = 15;

    /** The element of Sec-WebSocket-Extensions that says this. */
    public String extension() {
        StringBuilder text = new StringBuilder(EXTENSION);
        if (serverNoContextTakeover) {
            text.append("; ").append(SERVER_NO_CONTEXT_TAKEOVER);
        }
        if (clientNoContextTakeover) {
            text.append("; ").append(CLIENT_NO_CONTEXT_TAKEOVER);
        }
        if (namesServerWindow) {
            text.append("; ").append(SERVER_MAX_WINDOW_BITS).append('=').append(WINDOW_BITS);
        }
        return text.toString();
    }

    /** What a server has answered to an offer, as {@link #extension} writes it; null for none. */
    public static @Nullable DeflateParameters answered(@Nullable String extensions) {
        if (extensions == null || !extensions.startsWith(EXTENSION)) {
            return null;
        }
        return new DeflateParameters(
                extensions.contains(SERVER_NO_CONTEXT_TAKEOVER),
                extensions.contains(CLIENT_NO_CONTEXT_TAKEOVER),
                extensions.contains(SERVER_MAX_WINDOW_BITS));
    }

    /** The answer to the first offer that can be accepted (RFC 7692 §5.1), or null. */
    static @Nullable DeflateParameters accept(List<ExtensionOffer> offers) {
        for (ExtensionOffer offer : offers) {
            if (offer.name().equals(EXTENSION)) {
                DeflateParameters accepted = accept(offer);
                if (accepted != null) {
                    return accepted;
                }
            }
        }
        return null;
    }

    /** RFC 7692 §7.1: an unknown, repeated or invalid parameter declines the offer. */
    private static @Nullable DeflateParameters accept(ExtensionOffer offer) {
        Set<String> names = new HashSet<>();
        for (ExtensionOffer.Parameter parameter : offer.parameters()) {
            if (!names.add(parameter.name()) || !isAcceptable(parameter)) {
                return null;
            }
        }
        return new DeflateParameters(
                names.contains(SERVER_NO_CONTEXT_TAKEOVER),
                names.contains(CLIENT_NO_CONTEXT_TAKEOVER),
                names.contains(SERVER_MAX_WINDOW_BITS));
    }

    private static boolean isAcceptable(ExtensionOffer.Parameter parameter) {
        String value = parameter.value();
        return switch (parameter.name()) {
            case SERVER_NO_CONTEXT_TAKEOVER, CLIENT_NO_CONTEXT_TAKEOVER -> value == null;
            case SERVER_MAX_WINDOW_BITS -> value != null && windowBits(value) == WINDOW_BITS;
            case CLIENT_MAX_WINDOW_BITS -> value == null || windowBits(value) > 0;
            default -> false;
        };
    }

    /** 8 to 15 without leading zeros, or -1. */
    private static int windowBits(String value) {
        int bits = Syntax.decimal(value, 0, value.length(), WINDOW_BITS);
        return bits >= LEAST_WINDOW_BITS ? bits : -1;
    }
}
