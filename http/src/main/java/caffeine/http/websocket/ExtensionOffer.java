package caffeine.http.websocket;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.Syntax;
import caffeine.http.ValueReader;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * One element of Sec-WebSocket-Extensions, RFC 6455 §9.1.
 *
 * @param name the token that names the extension
 * @param parameters in their order
 */
record ExtensionOffer(String name, List<Parameter> parameters) {
    private static final String FIELD = "Sec-WebSocket-Extensions";

    /**
     * A parameter.
     *
     * @param value a token, without the quotes that it may have been sent in; null when there is
     *     none
     */
    record Parameter(String name, @Nullable String value) {}

    /**
     * All offers, in the order of preference.
     *
     * @throws HttpException 400 for a field line that the grammar does not allow (RFC 6455 §4.2.1)
     */
    static List<ExtensionOffer> of(Fields fields) {
        List<ExtensionOffer> offers = new ArrayList<>();
        for (String line : fields.all(FIELD)) {
            int before = offers.size();
            new Reader(line).read(offers);
            if (offers.size() == before) {
                throw invalid();
            }
        }
        return offers;
    }

    private static HttpException invalid() {
        return new HttpException(400, "RFC 6455 §9.1", "an invalid " + FIELD);
    }

    /** Reads one field line. Empty elements between commas do not count (RFC 9110 §5.6.1). */
    private static final class Reader {
        private final ValueReader in;

        Reader(String text) {
            in = new ValueReader(text);
        }

        void read(List<ExtensionOffer> offers) {
            do {
                in.skipWhitespace();
                if (!in.isAtEnd() && !in.isAt(',')) {
                    offers.add(offer());
                }
            } while (skip(','));
            if (!in.isAtEnd()) {
                throw invalid();
            }
        }

        private ExtensionOffer offer() {
            String name = token();
            List<Parameter> parameters = new ArrayList<>();
            while (skip(';')) {
                in.skipWhitespace();
                String parameter = token();
                parameters.add(new Parameter(parameter, skip('=') ? value() : null));
            }
            return new ExtensionOffer(name, parameters);
        }

        private String value() {
            in.skipWhitespace();
            return in.isAt('"') ? quoted() : token();
        }

        private String token() {
            String token = in.token();
            if (token.isEmpty()) {
                throw invalid();
            }
            return token;
        }

        /** RFC 6455 §9.1: what is quoted must be a token all the same. */
        private String quoted() {
            String quoted = in.quotedString();
            String value = quoted == null ? "" : ValueReader.unescaped(quoted);
            if (!Syntax.isToken(value)) {
                throw invalid();
            }
            return value;
        }

        /** Skips whitespace and then that character, if it is there. */
        private boolean skip(char c) {
            in.skipWhitespace();
            return in.skip(c);
        }
    }
}
