package caffeine.http.websocket;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The server's side of the opening handshake, RFC 6455 §4.2. */
final class ServerHandshake {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final String UPGRADE = "Upgrade";
    private static final String PROTOCOL = "websocket";
    private static final String KEY = "Sec-WebSocket-Key";
    private static final String VERSION_FIELD = "Sec-WebSocket-Version";
    private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol";
    private static final String ITEMS = "RFC 6455 §4.2.1";

    /** Sixteen bytes in base64, with its padding. */
    private static final int KEY_LENGTH = 24;

    private static final int KEY_BYTES = 16;

    private ServerHandshake() {}

    /**
     * The items of RFC 6455 §4.2.1 in their order. The version comes before the key, because it
     * decides about the key (§4.4).
     */
    static OpeningHandshake.Accepted accept(RequestHead request, HandshakeSettings settings) {
        Fields fields = request.fields();
        if (!request.method().equals("GET")) {
            throw new HttpException(
                    405, ITEMS, "method " + request.method(), FieldList.of("Allow", "GET"));
        }
        if (request.minorVersion() == 0) {
            throw upgradeRequired("HTTP/1.0 cannot be upgraded");
        }
        if (!isRequested(request)) {
            throw upgradeRequired("no Upgrade to websocket");
        }
        if (!hasElement(fields, "Connection", UPGRADE)) {
            throw upgradeRequired("no Connection: upgrade");
        }
        if (request.hasContent()) {
            throw new HttpException(400, "RFC 9110 §9.3.1", "a handshake with content");
        }
        requireVersion(fields);
        String key = key(fields);
        if (!settings.origins().allows(request)) {
            throw new HttpException(403, "RFC 6455 §10.2", "an origin that is not allowed");
        }
        return accept(fields, key, settings);
    }

    private static OpeningHandshake.Accepted accept(
            Fields fields, String key, HandshakeSettings settings) {
        FieldList response = FieldList.of(UPGRADE, PROTOCOL, "Sec-WebSocket-Accept", acceptOf(key));
        String subprotocol = subprotocol(fields, settings.subprotocols());
        if (subprotocol != null) {
            response.add(SUBPROTOCOL, subprotocol);
        }
        List<ExtensionOffer> offers = ExtensionOffer.of(fields);
        DeflateParameters compression =
                settings.compression() ? DeflateParameters.accept(offers) : null;
        if (compression != null) {
            response.add("Sec-WebSocket-Extensions", compression.extension());
        }
        return new OpeningHandshake.Accepted(response, subprotocol, compression);
    }

    static boolean isRequested(RequestHead request) {
        return hasElement(request.fields(), UPGRADE, PROTOCOL);
    }

    static String acceptOf(String key) {
        byte[] text = (key + GUID).getBytes(StandardCharsets.ISO_8859_1);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest(text);
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /** RFC 9110 §15.5.22 and RFC 6455 §4.2.2, with what the client should do instead. */
    private static HttpException upgradeRequired(String detail) {
        FieldList fields = FieldList.of(UPGRADE, PROTOCOL, VERSION_FIELD, OpeningHandshake.VERSION);
        return new HttpException(426, ITEMS, detail, fields);
    }

    private static void requireVersion(Fields fields) {
        List<String> versions = fields.all(VERSION_FIELD);
        if (versions.size() > 1) {
            throw new HttpException(400, "RFC 6455 §11.3.5", "more than one " + VERSION_FIELD);
        }
        if (versions.isEmpty() || !versions.getFirst().equals(OpeningHandshake.VERSION)) {
            throw upgradeRequired(VERSION_FIELD + (versions.isEmpty() ? " missing" : " is not 13"));
        }
    }

    private static String key(Fields fields) {
        List<String> keys = fields.all(KEY);
        if (keys.size() != 1) {
            throw new HttpException(400, "RFC 6455 §11.3.1", keys.size() + " lines of " + KEY);
        }
        String key = keys.getFirst();
        if (!isKey(key)) {
            throw new HttpException(400, ITEMS, KEY + " is not sixteen bytes in base64");
        }
        return key;
    }

    private static boolean isKey(String key) {
        if (key.length() != KEY_LENGTH) {
            return false;
        }
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /** The first one of the client's that the server speaks, or null. */
    private static @Nullable String subprotocol(Fields fields, List<String> spoken) {
        String chosen = null;
        for (String line : fields.all(SUBPROTOCOL)) {
            List<String> names = elements(line);
            if (names.isEmpty() || !names.stream().allMatch(Syntax::isToken)) {
                throw new HttpException(400, "RFC 6455 §11.3.4", "an invalid " + SUBPROTOCOL);
            }
            for (String name : names) {
                if (chosen == null && spoken.contains(name)) {
                    chosen = name;
                }
            }
        }
        return chosen;
    }

    private static boolean hasElement(Fields fields, String name, String element) {
        for (String line : fields.all(name)) {
            for (String candidate : elements(line)) {
                if (candidate.equalsIgnoreCase(element)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The elements of a list without quoted strings; empty ones do not count. */
    private static List<String> elements(String line) {
        List<String> elements = new ArrayList<>();
        for (String part : line.split(",", -1)) {
            String element = part.strip();
            if (!element.isEmpty()) {
                elements.add(element);
            }
        }
        return elements;
    }
}
