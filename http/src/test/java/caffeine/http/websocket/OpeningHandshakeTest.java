package caffeine.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.h1.HeadParser;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;

class OpeningHandshakeTest {
    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    private static final String VERSION = "Sec-WebSocket-Version: 13";
    private static final String UPGRADE = "Upgrade: websocket";
    private static final String CONNECTION = "Connection: Upgrade";

    private static final HandshakeSettings COMPRESSING =
            HandshakeSettings.DEFAULTS.withCompression(true);

    private static RequestHead head(String requestLine, String... lines) {
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        String text = requestLine + "\r\n" + String.join("\r\n", lines) + "\r\n\r\n";
        byte[] b = text.getBytes(StandardCharsets.ISO_8859_1);
        parser.parse(b, 0, b.length);
        assertThat(parser.isComplete()).isTrue();
        return parser.head();
    }

    private static OpeningHandshake decide(HandshakeSettings settings, String... more) {
        String[] lines = new String[5 + more.length];
        lines[0] = "Host: example.org:8080";
        lines[1] = UPGRADE;
        lines[2] = CONNECTION;
        lines[3] = KEY;
        lines[4] = VERSION;
        System.arraycopy(more, 0, lines, 5, more.length);
        return OpeningHandshake.of(head("GET /chat HTTP/1.1", lines), settings);
    }

    private static OpeningHandshake with(String... lines) {
        String[] all = new String[1 + lines.length];
        all[0] = "Host: example.org:8080";
        System.arraycopy(lines, 0, all, 1, lines.length);
        return OpeningHandshake.of(head("GET /chat HTTP/1.1", all), HandshakeSettings.DEFAULTS);
    }

    private static OpeningHandshake.Accepted accepted(OpeningHandshake decision) {
        assertThat(decision).isInstanceOf(OpeningHandshake.Accepted.class);
        return (OpeningHandshake.Accepted) decision;
    }

    /** The status and its section. */
    private static String refused(OpeningHandshake decision) {
        assertThat(decision).isInstanceOf(OpeningHandshake.Refused.class);
        OpeningHandshake.Refused refused = (OpeningHandshake.Refused) decision;
        return refused.status() + " " + refused.violation().section();
    }

    private static void upgradeRequired(OpeningHandshake decision) {
        assertThat(refused(decision)).isEqualTo("426 RFC 6455 §4.2.1");
        var fields = ((OpeningHandshake.Refused) decision).fields();
        assertThat(fields.first("Upgrade")).isEqualTo("websocket");
        assertThat(fields.first("Sec-WebSocket-Version")).isEqualTo("13");
    }

    @Nested
    class Rfc6455Section4_2_1_Reading {

        @Test
        void theExampleIsAccepted() {
            var accepted = accepted(decide(HandshakeSettings.DEFAULTS));
            assertThat(accepted.fields())
                    .hasToString(
                            """
                            Upgrade: websocket\r
                            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
                            """);
            assertThat(accepted.subprotocol()).isNull();
            assertThat(accepted.compression()).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"POST", "HEAD", "OPTIONS", "get", "PUT"})
        void anotherMethodIs405(String method) {
            var decision =
                    OpeningHandshake.of(
                            head(
                                    method + " / HTTP/1.1",
                                    "Host: a",
                                    UPGRADE,
                                    CONNECTION,
                                    KEY,
                                    VERSION),
                            HandshakeSettings.DEFAULTS);
            assertThat(refused(decision)).startsWith("405");
            assertThat(((OpeningHandshake.Refused) decision).fields().first("Allow"))
                    .isEqualTo("GET");
        }

        @Test
        void http10Is426() {
            upgradeRequired(
                    OpeningHandshake.of(
                            head("GET / HTTP/1.0", "Host: a", UPGRADE, CONNECTION, KEY, VERSION),
                            HandshakeSettings.DEFAULTS));
        }

        @Test
        void aPlainRequestIs426() {
            upgradeRequired(with());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"Upgrade: h2c", "Upgrade: websockets", "Upgrade: web, socket", "Via: x"})
        void anotherUpgradeIs426(String line) {
            upgradeRequired(with(line, CONNECTION, KEY, VERSION));
        }

        @ParameterizedTest
        @ValueSource(strings = {"Connection: keep-alive", "Connection: upgrades", "Via: x"})
        void anotherConnectionIs426(String line) {
            upgradeRequired(with(UPGRADE, line, KEY, VERSION));
        }

        @Test
        void tokensAreFoundInListsAndInAnyCase() {
            accepted(with("Upgrade: h2c, WebSocket", "Connection: a,,UPGRADE ,b", KEY, VERSION));
            accepted(with(UPGRADE, "Connection: keep-alive", "Connection: upgrade", KEY, VERSION));
            accepted(
                    with(
                            "upgrade: websocket",
                            "connection: upgrade",
                            KEY.replace("Sec-WebSocket-Key", "sec-websocket-key"),
                            "SEC-WEBSOCKET-VERSION: 13"));
        }

        @Test
        void contentIs400() {
            assertThat(refused(decide(HandshakeSettings.DEFAULTS, "Content-Length: 5")))
                    .isEqualTo("400 RFC 9110 §9.3.1");
            assertThat(refused(decide(HandshakeSettings.DEFAULTS, "Transfer-Encoding: chunked")))
                    .isEqualTo("400 RFC 9110 §9.3.1");
            accepted(decide(HandshakeSettings.DEFAULTS, "Content-Length: 0"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "", // no bytes
                    "AAECAwQFBgcICQoLDA0O", // 15 bytes
                    "AAECAwQFBgcICQoLDA0ODxA=", // 17 bytes
                    "AAECAwQFBgcICQoLDA0ODxAR", // 18 bytes
                    "AAECAwQFBgcICQoLDA0ODw", // without its padding
                    "AAECAwQFBgcICQoLDA0ODw=", // with half of it
                    "AAECAwQFBgcICQoLDA0O!w==",
                    "AAECAwQFBgcICQoLDA0O-w==", // of base64url
                    "AAECAwQFBgcI QoLDA0ODw==",
                    "AAEC==QFBgcICQoLDA0ODw==",
                    "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="
                })
        void aKeyThatIsNot16BytesIs400(String key) {
            assertThat(refused(with(UPGRADE, CONNECTION, "Sec-WebSocket-Key: " + key, VERSION)))
                    .isEqualTo("400 RFC 6455 §4.2.1");
        }

        /** RFC 6455 §4.1 allows any base64 character before the padding. */
        @Test
        void aKeyMayHaveAnyLastCharacter() {
            accepted(
                    with(
                            UPGRADE,
                            CONNECTION,
                            "Sec-WebSocket-Key: aaaaaaaaaaaaaaaaaaaaaa==",
                            VERSION));
        }
    }

    @Nested
    class Rfc6455Section4_2_2_Answering {

        @Test
        void theAcceptOfTheExample() {
            assertThat(OpeningHandshake.acceptOf("dGhlIHNhbXBsZSBub25jZQ=="))
                    .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        }

        @ParameterizedTest
        @ValueSource(strings = {"12", "14", "0", "8", "013", "+13", "13.0", "13, 8", "x", ""})
        void anotherVersionIs426(String version) {
            upgradeRequired(with(UPGRADE, CONNECTION, KEY, "Sec-WebSocket-Version: " + version));
        }

        @Test
        void noVersionIs426() {
            upgradeRequired(with(UPGRADE, CONNECTION, KEY));
        }

        /** Another version may have another key. */
        @Test
        void theVersionComesBeforeTheKey() {
            upgradeRequired(with(UPGRADE, CONNECTION, "Sec-WebSocket-Version: 12"));
        }

        @Test
        void theClientsPreferenceDecidesTheSubprotocol() {
            HandshakeSettings settings =
                    HandshakeSettings.DEFAULTS.withSubprotocols("chat", "superchat");
            var accepted = accepted(decide(settings, "Sec-WebSocket-Protocol: x, superchat,chat"));
            assertThat(accepted.subprotocol()).isEqualTo("superchat");
            assertThat(accepted.fields().all("Sec-WebSocket-Protocol"))
                    .containsExactly("superchat");
            accepted =
                    accepted(
                            decide(
                                    settings,
                                    "Sec-WebSocket-Protocol: x",
                                    "Sec-WebSocket-Protocol: chat"));
            assertThat(accepted.subprotocol()).isEqualTo("chat");
        }

        @Test
        void anUnknownSubprotocolIsNotNamed() {
            for (HandshakeSettings settings :
                    List.of(
                            HandshakeSettings.DEFAULTS,
                            HandshakeSettings.DEFAULTS.withSubprotocols("chat"))) {
                var accepted = accepted(decide(settings, "Sec-WebSocket-Protocol: Chat, x"));
                assertThat(accepted.subprotocol()).isNull();
                assertThat(accepted.fields().contains("Sec-WebSocket-Protocol")).isFalse();
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"a b", "a;b", "\"a\"", "(", "", ",", "a, b=c"})
        void anInvalidSubprotocolIs400(String value) {
            assertThat(
                            refused(
                                    decide(
                                            HandshakeSettings.DEFAULTS,
                                            "Sec-WebSocket-Protocol: " + value)))
                    .isEqualTo("400 RFC 6455 §11.3.4");
        }

        @Test
        void aServersSubprotocolIsAToken() {
            assertThatThrownBy(() -> HandshakeSettings.DEFAULTS.withSubprotocols("a b"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Rfc6455Section9_1_Extensions {

        private String extension(String... offers) {
            String[] lines = offers.clone();
            for (int i = 0; i < lines.length; i++) {
                lines[i] = "Sec-WebSocket-Extensions: " + lines[i];
            }
            var accepted = accepted(decide(COMPRESSING, lines));
            String value = accepted.fields().first("Sec-WebSocket-Extensions");
            assertThat(accepted.compression() == null).isEqualTo(value == null);
            return value == null ? "none" : value;
        }

        @Test
        void unknownOnesAreNotNamed() {
            assertThat(extension("x-unheard-of; a=1, x-other")).isEqualTo("none");
            assertThat(extension("Permessage-Deflate")).isEqualTo("none");
        }

        @Test
        void compressionIsOffUnlessAskedFor() {
            var accepted =
                    accepted(
                            decide(
                                    HandshakeSettings.DEFAULTS,
                                    "Sec-WebSocket-Extensions: permessage-deflate"));
            assertThat(accepted.compression()).isNull();
            assertThat(accepted.fields().contains("Sec-WebSocket-Extensions")).isFalse();
            assertThat(accepted(decide(COMPRESSING)).fields().contains("Sec-WebSocket-Extensions"))
                    .isFalse();
        }

        @Test
        void theFirstAcceptableOfferIsTaken() {
            assertThat(extension("permessage-deflate")).isEqualTo("permessage-deflate");
            assertThat(extension("x-webkit-deflate-frame, permessage-deflate"))
                    .isEqualTo("permessage-deflate");
            assertThat(
                            extension(
                                    "permessage-deflate; server_max_window_bits=10,"
                                            + " permessage-deflate; server_no_context_takeover"))
                    .isEqualTo("permessage-deflate; server_no_context_takeover");
            assertThat(
                            extension(
                                    "permessage-deflate; a",
                                    "permessage-deflate; client_no_context_takeover,"
                                            + "permessage-deflate"))
                    .isEqualTo("permessage-deflate; client_no_context_takeover");
        }

        /** RFC 7692 §7.1.1 and §7.1.2. */
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "server_no_context_takeover|server_no_context_takeover",
                    "client_no_context_takeover|client_no_context_takeover",
                    "client_no_context_takeover ;server_no_context_takeover"
                            + "|server_no_context_takeover; client_no_context_takeover",
                    "server_max_window_bits=15|server_max_window_bits=15",
                    "server_max_window_bits=\"15\"|server_max_window_bits=15",
                    "server_max_window_bits=\"\\15\"|server_max_window_bits=15",
                    "client_max_window_bits|",
                    "client_max_window_bits=8|",
                    "client_max_window_bits=15|",
                    "client_max_window_bits; server_max_window_bits=15|server_max_window_bits=15",
                })
        void parametersThatAreAccepted(String offered, String answered) {
            assertThat(extension("permessage-deflate; " + offered))
                    .isEqualTo("permessage-deflate" + (answered == null ? "" : "; " + answered));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "server_max_window_bits=14",
                    "server_max_window_bits=8",
                    "server_max_window_bits=16",
                    "server_max_window_bits=015",
                    "server_max_window_bits=x",
                    "server_max_window_bits",
                    "client_max_window_bits=7",
                    "client_max_window_bits=16",
                    "client_max_window_bits=010",
                    "client_max_window_bits=9999999999",
                    "server_no_context_takeover=1",
                    "client_no_context_takeover=true",
                    "server_no_context_takeover; server_no_context_takeover",
                    "client_max_window_bits; client_max_window_bits=15",
                    "Client_max_window_bits",
                    "unknown",
                    "unknown=1"
                })
        void parametersThatDeclineTheOffer(String offered) {
            assertThat(extension("permessage-deflate; " + offered)).isEqualTo("none");
            assertThat(extension("permessage-deflate; " + offered + ", permessage-deflate"))
                    .isEqualTo("permessage-deflate");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    ",",
                    ";",
                    "a;",
                    "a; =1",
                    "a; b=",
                    "a; b=\"",
                    "a; b=\"\"",
                    "a; b=\"c d\"",
                    "a; b=\"c\\",
                    "a; b=c d",
                    "a b",
                    "=",
                    "a; b=c=d"
                })
        void anInvalidListIs400(String value) {
            for (HandshakeSettings settings : List.of(HandshakeSettings.DEFAULTS, COMPRESSING)) {
                assertThat(refused(decide(settings, "Sec-WebSocket-Extensions: " + value)))
                        .isEqualTo("400 RFC 6455 §9.1");
            }
        }
    }

    @Nested
    class Rfc6455Section10_2_Origin {

        private OpeningHandshake from(OriginPolicy policy, String... origins) {
            String[] lines = origins.clone();
            for (int i = 0; i < lines.length; i++) {
                lines[i] = "Origin: " + lines[i];
            }
            return decide(HandshakeSettings.DEFAULTS.withOrigins(policy), lines);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://example.org:8080",
                    "https://example.org:8080",
                    "http://EXAMPLE.org:8080"
                })
        void theSameHostAndPort(String origin) {
            accepted(from(OriginPolicy.SAME_HOST, origin));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://example.com:8080",
                    "http://example.org",
                    "http://example.org:8081",
                    "http://example.org.evil.test:8080",
                    "http://evil.test:8080/example.org:8080",
                    "http://evil.test@example.org:8080",
                    "http://example.org:8080 http://example.org:8080",
                    "example.org:8080",
                    "http://",
                    "://example.org:8080",
                    "null",
                    "file://",
                    ""
                })
        void anotherIs403(String origin) {
            assertThat(refused(from(OriginPolicy.SAME_HOST, origin)))
                    .isEqualTo("403 RFC 6455 §10.2");
        }

        @Test
        void twoAre403() {
            assertThat(
                            refused(
                                    from(
                                            OriginPolicy.SAME_HOST,
                                            "http://example.org:8080",
                                            "http://example.org:8080")))
                    .startsWith("403");
        }

        @Test
        void portsMayBeLeftOut() {
            for (String host : List.of("example.org", "[::1]")) {
                for (String origin : List.of("http://" + host, "https://" + host + ":443")) {
                    RequestHead head =
                            head(
                                    "GET / HTTP/1.1",
                                    "Host: " + host,
                                    "Origin: " + origin,
                                    UPGRADE,
                                    CONNECTION,
                                    KEY,
                                    VERSION);
                    accepted(OpeningHandshake.of(head, HandshakeSettings.DEFAULTS));
                }
            }
            RequestHead head =
                    head(
                            "GET / HTTP/1.1",
                            "Host: example.org:80",
                            "Origin: http://example.org",
                            UPGRADE,
                            CONNECTION,
                            KEY,
                            VERSION);
            accepted(OpeningHandshake.of(head, HandshakeSettings.DEFAULTS));
        }

        @Test
        void noneIsAlwaysAllowed() {
            accepted(from(OriginPolicy.SAME_HOST));
            accepted(from(OriginPolicy.of(List.of("a.test"))));
        }

        @Test
        void aListHasNoOthers() {
            OriginPolicy policy =
                    OriginPolicy.of(List.of("A.test", "b.test:81", "https://c.test", "[::1]:90"));
            accepted(from(policy, "http://a.test"));
            accepted(from(policy, "https://a.TEST:1234"));
            accepted(from(policy, "http://b.test:81"));
            accepted(from(policy, "https://c.test:443"));
            accepted(from(policy, "http://[::1]:90"));
            for (String origin :
                    List.of(
                            "http://b.test",
                            "http://c.test",
                            "https://c.test:444",
                            "http://x.a.test",
                            "http://[::1]",
                            "null",
                            "http://example.org:8080")) {
                assertThat(refused(from(policy, origin))).startsWith("403");
            }
        }

        @Test
        void anyMeansAny() {
            OriginPolicy any = OriginPolicy.of(List.of("*"));
            accepted(from(any, "null"));
            accepted(from(any, "http://evil.test"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"", "*", "a.test/", "a.test:0", "a.test:65536", "a:b:1", "[::1", "a b"})
        void aListWithAnotherEntryIsRefused(String entry) {
            assertThatThrownBy(() -> OriginPolicy.of(List.of("a.test", entry)))
                    .isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void anEmptyListIsRefused() {
            assertThatThrownBy(() -> OriginPolicy.of(List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void tellsWhetherWebSocketIsRequested() {
        assertThat(OpeningHandshake.isRequested(head("GET / HTTP/1.1", "Host: a", UPGRADE)))
                .isTrue();
        assertThat(OpeningHandshake.isRequested(head("GET / HTTP/1.1", "Host: a"))).isFalse();
    }
}
