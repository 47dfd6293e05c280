package caffeine.http.websocket;

import static caffeine.http.websocket.Peer.bytes;
import static caffeine.http.websocket.Peer.frame;
import static caffeine.http.websocket.Peer.header;
import static caffeine.http.websocket.Peer.join;
import static caffeine.http.websocket.Peer.masked;
import static caffeine.http.websocket.Peer.utf8;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.websocket.WebSocketConnection.State;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

class WebSocketConnectionTest {
    private static final int FIN_TEXT = 0x81;
    private static final int FIN_BINARY = 0x82;
    private static final int FIN_CONTINUATION = 0x80;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CONTINUATION = 0;
    private static final int CLOSE = 0x88;
    private static final int PING = 0x89;
    private static final int PONG = 0x8A;

    private final Peer server = Peer.server();

    private static byte[] close(int code, String reason) {
        return frame(CLOSE, join(bytes(String.format("%04x", code)), utf8(reason)));
    }

    /** It fails, sends Close with that code, and reads nothing more. */
    private void fails(int code, String section, byte[]... input) {
        server.receive(input);
        assertThat(server.events).containsExactly("failed(" + code + "," + section + ")");
        assertThat(server.takeSent()).isEqualTo(String.format("8802%04x", code));
        assertThat(server.connection.state()).isEqualTo(State.FAILED);
        assertThat(server.connection.isOver()).isTrue();
        server.receive(frame(FIN_TEXT, "late"), frame(PING, "late"), close(1000, ""));
        server.connection.ended();
        assertThat(server.connection.text("late")).isFalse();
        server.connection.close();
        assertThat(server.events).hasSize(1);
        assertThat(server.takeSent()).isEmpty();
    }

    private static Peer small(int messageBytes, int fragments) {
        return Peer.server(new WebSocketLimits(messageBytes, fragments), null);
    }

    @Nested
    class Rfc6455Section5_1_Masking {

        @Test
        void anUnmaskedFrameFails() {
            fails(1002, "RFC 6455 §5.1", bytes("8105 48656c6c6f"));
        }

        @Test
        void anUnmaskedControlFrameFails() {
            fails(1002, "RFC 6455 §5.1", bytes("880203e8"));
        }

        /** It is told by the second byte. */
        @Test
        void theRestOfTheFrameIsNotAwaited() {
            fails(1002, "RFC 6455 §5.1", bytes("8105"));
        }

        @Test
        void aClientRefusesMaskedFrames() {
            Peer client = Peer.client();
            client.receive(frame(FIN_TEXT, "a"));
            assertThat(client.events).containsExactly("failed(1002,RFC 6455 §5.1)");
        }

        @Test
        void anyKeyWillDo() {
            server.receive(bytes("8185 00000000 48656c6c6f"));
            server.receive(bytes("8185 ffffffff b79a939390"));
            assertThat(server.events).containsExactly("text(Hello)", "text(Hello)");
        }
    }

    @Nested
    class Rfc6455Section5_2_Frames {

        @ParameterizedTest
        @CsvSource({"c1", "a1", "91", "c2", "f1", "c9", "a8", "9a", "90", "c0"})
        void reservedBitsFail(String first) {
            fails(1002, "RFC 6455 §5.2", bytes(first));
        }

        @ParameterizedTest
        @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        void reservedOpcodesFail(int opcode) {
            fails(1002, "RFC 6455 §5.2", frame(0x80 | opcode, "x"));
        }

        @Test
        void aFailureNeedsNoPayload() {
            fails(1002, "RFC 6455 §5.2", header(0x83, 1000));
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 125, 126, 127, 2047, 2048, 2049, 65535, 65536, 1 << 20})
        void lengths(int length) {
            byte[] payload = new byte[length];
            Arrays.fill(payload, (byte) 'a');
            byte[] frame = frame(FIN_TEXT, payload);
            server.echoes = true;
            server.receive(frame);
            server.receiveIn(new int[] {1, frame.length / 2, frame.length - 1}, frame);
            String text = "text(" + "a".repeat(length) + ")";
            assertThat(server.events).containsExactly(text, text);
            Peer client = Peer.client();
            client.receive(server.takeBytes());
            assertThat(client.events).containsExactly(text, text);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "81fe 0005",
                    "81fe 007d",
                    "81fe 0000",
                    "82ff 0000000000000005",
                    "82ff 000000000000007e",
                    "82ff 000000000000ffff"
                })
        void aLongerFormThanNeededFails(String start) {
            fails(1002, "RFC 6455 §5.2", bytes(start));
        }

        @Test
        void aLengthWithTheTopBitFails() {
            fails(1002, "RFC 6455 §5.2", bytes("82ff 80"));
        }

        @Test
        void theLengthsOfAnswersAreTheShortest() {
            server.connection.binary(new byte[125], 0, 125);
            assertThat(server.takeSent()).startsWith("827d00").hasSize(2 * 127);
            server.connection.binary(new byte[126], 0, 126);
            assertThat(server.takeSent()).startsWith("827e007e00");
            server.connection.binary(new byte[65535], 0, 65535);
            assertThat(server.takeSent()).startsWith("827effff00");
            server.connection.binary(new byte[65536], 0, 65536);
            assertThat(server.takeSent()).startsWith("827f000000000001000000");
        }
    }

    @Nested
    class Rfc6455Section5_4_Fragmentation {

        @Test
        void fragmentsAreJoined() {
            server.receive(frame(TEXT, "Hel"));
            assertThat(server.events).isEmpty();
            server.receive(frame(CONTINUATION, "l"), frame(FIN_CONTINUATION, "o"));
            assertThat(server.events).containsExactly("text(Hello)");
        }

        @Test
        void emptyFragmentsAreAllowed() {
            server.receive(frame(TEXT, ""), frame(CONTINUATION, "a"), frame(CONTINUATION, ""));
            server.receive(frame(FIN_CONTINUATION, ""));
            server.receive(frame(BINARY, ""), frame(FIN_CONTINUATION, ""));
            assertThat(server.events).containsExactly("text(a)", "binary()");
        }

        @Test
        void manyFragments() {
            byte[] all = new byte[0];
            for (int i = 0; i < 1000; i++) {
                all = join(all, frame(i == 0 ? BINARY : CONTINUATION, bytes("00ff".repeat(i % 7))));
            }
            server.receive(all, frame(FIN_CONTINUATION, ""));
            assertThat(server.events).hasSize(1);
            assertThat(server.events.getFirst()).hasSize("binary()".length() + 4 * 2997);
        }

        @Test
        void controlFramesBetweenFragmentsAreAnsweredAtOnce() {
            server.receive(frame(TEXT, "Hel"), frame(PING, "x"));
            assertThat(server.takeSent()).isEqualTo("8a0178");
            server.receive(frame(PONG, "y"), frame(FIN_CONTINUATION, "lo"));
            assertThat(server.events).containsExactly("ping(78)", "pong(79)", "text(Hello)");
        }

        @Test
        void aContinuationOfNothingFails() {
            fails(1002, "RFC 6455 §5.4", frame(FIN_CONTINUATION, "x"));
        }

        @Test
        void aContinuationOfAMessageThatHasEndedFails() {
            server.receive(frame(FIN_TEXT, "a"));
            server.events.clear();
            fails(1002, "RFC 6455 §5.4", frame(CONTINUATION, "x"));
        }

        @ParameterizedTest
        @ValueSource(ints = {TEXT, BINARY, FIN_TEXT, FIN_BINARY})
        void aMessageWithinAMessageFails(int first) {
            fails(1002, "RFC 6455 §5.4", frame(TEXT, "a"), header(first, 1));
        }
    }

    @Nested
    class Rfc6455Section5_5_ControlFrames {

        @ParameterizedTest
        @ValueSource(ints = {CLOSE, PING, PONG})
        void moreThan125BytesFail(int first) {
            fails(1002, "RFC 6455 §5.5", bytes(String.format("%02xfe", first)));
        }

        @Test
        void a64BitLengthFails() {
            fails(1002, "RFC 6455 §5.5", bytes("89ff"));
        }

        @ParameterizedTest
        @ValueSource(ints = {8, 9, 10})
        void fragmentsFail(int first) {
            fails(1002, "RFC 6455 §5.5", bytes(String.format("%02x", first)));
        }

        @Test
        void aPingIsAnsweredWithItsPayload() {
            server.receive(frame(PING, ""), frame(PING, bytes("00ff68656c6c6fc3")));
            assertThat(server.takeSent()).isEqualTo("8a00" + "8a0800ff68656c6c6fc3");
            server.receive(frame(PING, "p".repeat(125)));
            assertThat(server.takeSent()).isEqualTo("8a7d" + "70".repeat(125));
        }

        @Test
        void aPongIsNotAnswered() {
            server.receive(frame(PONG, "x"), frame(PONG, ""));
            assertThat(server.events).containsExactly("pong(78)", "pong()");
            assertThat(server.takeSent()).isEmpty();
        }

        @Test
        void onlyTheLatestPingIsAnsweredWhileOutputIsBackedUp() {
            server.backedUp = true;
            server.receive(frame(PING, "1"), frame(PING, "2"), frame(PING, "3"));
            assertThat(server.takeSent()).isEmpty();
            server.backedUp = false;
            server.connection.drained();
            assertThat(server.takeSent()).isEqualTo("8a0133");
            server.connection.drained();
            assertThat(server.takeSent()).isEmpty();
            server.receive(frame(PING, "4"));
            assertThat(server.takeSent()).isEqualTo("8a0134");
        }

        @Test
        void nothingIsAnsweredBehindAClose() {
            server.backedUp = true;
            server.receive(frame(PING, "1"), close(1000, ""));
            assertThat(server.takeSent()).isEqualTo("880203e8");
            server.connection.drained();
            assertThat(server.takeSent()).isEmpty();
        }
    }

    @Nested
    class Rfc6455Section5_5_1_Close {

        private void closed(byte[] frame, String event, String answer) {
            server.receive(frame);
            assertThat(server.events).containsExactly(event);
            assertThat(server.takeSent()).isEqualTo(answer);
            assertThat(server.connection.state()).isEqualTo(State.CLOSED);
            server.receive(frame(FIN_TEXT, "late"), frame(PING, "late"), frame);
            server.connection.ended();
            assertThat(server.connection.text("late")).isFalse();
            assertThat(server.connection.ping(utf8("late"))).isFalse();
            server.connection.close();
            server.connection.fail(1011, "late");
            assertThat(server.events).hasSize(1);
            assertThat(server.takeSent()).isEmpty();
        }

        @Test
        void theAnswerHasTheCodeWithoutTheReason() {
            closed(close(4321, "bye"), "closed(4321,bye)", "880210e1");
        }

        @Test
        void withoutACode() {
            closed(frame(CLOSE, ""), "closed(1005,)", "8800");
        }

        @Test
        void theLongestReason() {
            closed(
                    close(1000, "r".repeat(123)),
                    "closed(1000," + "r".repeat(123) + ")",
                    "880203e8");
        }

        @Test
        void halfACodeFails() {
            fails(1002, "RFC 6455 §5.5.1", frame(CLOSE, bytes("03")));
        }

        @ParameterizedTest
        @ValueSource(strings = {"ff", "c0af", "e282", "eda080"})
        void aReasonThatIsNotUtf8Fails(String hex) {
            fails(1007, "RFC 6455 §5.5.1", frame(CLOSE, bytes("03e861" + hex)));
        }

        @Test
        void withinAMessage() {
            server.receive(frame(TEXT, "a"));
            closed(close(1000, ""), "closed(1000,)", "880203e8");
        }

        @Test
        void aCloseOfOursAwaitsTheOther() {
            server.connection.close(1001, "going");
            assertThat(server.takeSent()).isEqualTo("880703e9" + "676f696e67");
            assertThat(server.connection.state()).isEqualTo(State.CLOSING);
            assertThat(server.connection.isOver()).isFalse();
            server.connection.close(1000, "");
            assertThat(server.connection.text("late")).isFalse();
            server.receive(frame(FIN_TEXT, "x"), frame(PING, "x"), frame(TEXT, bytes("ff")));
            assertThat(server.events).isEmpty();
            assertThat(server.takeSent()).isEmpty();
            server.receive(close(1001, "ok"));
            assertThat(server.events).containsExactly("closed(1001,ok)");
            assertThat(server.takeSent()).isEmpty();
        }

        @Test
        void aCloseOfOursWithinAMessageOfTheirs() {
            server.receive(frame(TEXT, "a"));
            server.connection.close();
            assertThat(server.takeSent()).isEqualTo("8800");
            server.receive(frame(FIN_CONTINUATION, "b"), close(1000, ""));
            assertThat(server.events).containsExactly("closed(1000,)");
        }

        @Test
        void aViolationBehindOurCloseSendsNoSecond() {
            server.connection.close();
            server.takeSent();
            server.receive(bytes("83"));
            assertThat(server.events).containsExactly("failed(1002,RFC 6455 §5.2)");
            assertThat(server.takeSent()).isEmpty();
        }

        @Test
        void aCloseThatNoFrameCanHaveIsRefused() {
            WebSocketConnection connection = server.connection;
            assertThatThrownBy(() -> connection.close(1005, ""))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> connection.close(1000, "é".repeat(62)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> connection.fail(999, ""))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> connection.ping(new byte[126]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(connection.isOpen()).isTrue();
            assertThat(server.takeSent()).isEmpty();
        }
    }

    @Nested
    class Rfc6455Section6_Messages {

        @Test
        void theExamplesOfSection5_7() {
            server.receive(bytes("818537fa213d7f9f4d5158"));
            server.receive(bytes("898537fa213d7f9f4d5158"));
            assertThat(server.events).containsExactly("text(Hello)", "ping(48656c6c6f)");
            assertThat(server.takeSent()).isEqualTo("8a0548656c6c6f");
            Peer client = Peer.client();
            client.receive(bytes("810548656c6c6f"), bytes("010348656c"), bytes("80026c6f"));
            assertThat(client.events).containsExactly("text(Hello)", "text(Hello)");
        }

        @Test
        void typesAndOrderAreKept() {
            server.echoes = true;
            server.receive(
                    join(
                            frame(FIN_TEXT, "one"),
                            frame(FIN_BINARY, bytes("00ff")),
                            frame(FIN_TEXT, ""),
                            frame(FIN_BINARY, "")));
            assertThat(server.events)
                    .containsExactly("text(one)", "binary(00ff)", "text()", "binary()");
            assertThat(server.takeSent()).isEqualTo("81036f6e65" + "820200ff" + "8100" + "8200");
        }

        @Test
        void aMessageForAllIsEncodedOnce() {
            for (EncodedMessage message :
                    new EncodedMessage[] {
                        EncodedMessage.text("é"), EncodedMessage.utf8(utf8("é"))
                    }) {
                assertThat(message.messageBytes()).isEqualTo(2);
                assertThat(message.length()).isEqualTo(4);
                assertThat(server.connection.send(message)).isTrue();
                assertThat(server.takeSent()).isEqualTo("8102c3a9");
            }
            server.connection.send(EncodedMessage.binary(new byte[126]));
            assertThat(server.takeSent()).startsWith("827e007e").hasSize(2 * 130);
            server.connection.close();
            assertThat(server.connection.send(EncodedMessage.text("a"))).isFalse();
            byte[] invalid = bytes("ff");
            assertThatThrownBy(() -> EncodedMessage.utf8(invalid))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Peer.client().connection.send(EncodedMessage.text("a")))
                    .isInstanceOf(IllegalStateException.class);
        }

        @Test
        void aClientMasks() {
            Peer client = Peer.client();
            client.connection.text("Hello");
            client.connection.ping(new byte[0]);
            client.connection.close(1000, "");
            assertThat(client.takeSent())
                    .isEqualTo(
                            "8185785634123033587e17"
                                    + "898078563412"
                                    + "88827856341 27bbe".replace(" ", ""));
        }

        @Test
        void bothSidesUnderstandEachOther() {
            Peer client = Peer.client();
            server.echoes = true;
            client.connection.text("grüß dich");
            client.connection.binary(bytes("0001ff"), 1, 3);
            client.connection.ping(utf8("p"));
            client.connection.pong(utf8("q"));
            client.connection.close(3000, "done");
            server.receive(client.takeBytes());
            client.receive(server.takeBytes());
            assertThat(server.events)
                    .containsExactly(
                            "text(grüß dich)",
                            "binary(01ff)",
                            "ping(70)",
                            "pong(71)",
                            "closed(3000,done)");
            // The client has sent Close, and awaits nothing else.
            assertThat(client.events).containsExactly("closed(3000,)");
        }
    }

    @Nested
    class Rfc6455Section7_Closing {

        @Test
        void anEndWithoutACloseIsAbnormal() {
            server.receive(header(FIN_TEXT, 5));
            server.connection.ended();
            server.connection.ended();
            assertThat(server.events).containsExactly("closed(1006,)");
            assertThat(server.takeSent()).isEmpty();
        }

        @Test
        void anEndBehindOurCloseIsAbnormalToo() {
            server.connection.close();
            server.connection.ended();
            assertThat(server.events).containsExactly("closed(1006,)");
        }

        @Test
        void theServerCanFailTheConnection() {
            server.connection.fail(1011, "a mistake: here");
            assertThat(server.takeSent()).isEqualTo("880203f3");
            assertThat(server.events).containsExactly("failed(1011,a mistake)");
        }

        @ParameterizedTest
        @ValueSource(
                ints = {
                    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000,
                    3999, 4000, 4999
                })
        void codesOfFrames(int code) {
            server.receive(close(code, ""));
            assertThat(server.events).containsExactly("closed(" + code + ",)");
            assertThat(server.takeSent()).isEqualTo(String.format("8802%04x", code));
        }

        @ParameterizedTest
        @ValueSource(
                ints = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        void otherCodesFail(int code) {
            fails(1002, "RFC 6455 §7.4", close(code, ""));
        }
    }

    @Nested
    class Rfc6455Section8_1_Utf8 {

        @Test
        void theEdgesAreText() {
            String hex = "007fc280dfbfe0a080ed9fbfee8080efbfbff0908080f48fbfbf";
            server.echoes = true;
            server.receive(frame(FIN_TEXT, bytes(hex)));
            assertThat(server.takeSent()).isEqualTo("811a" + hex);
        }

        @Test
        void codePointsMayBeCutByFragments() {
            byte[] text = utf8("κόσμε 😀");
            byte[] all = frame(TEXT, "");
            for (byte b : text) {
                all = join(all, frame(CONTINUATION, new byte[] {b}));
            }
            server.receive(all, frame(FIN_CONTINUATION, ""));
            assertThat(server.events).containsExactly("text(κόσμε 😀)");
        }

        @ParameterizedTest
        @ValueSource(strings = {"80", "c0af", "e09fbf", "eda080", "f4908080", "ff", "e282"})
        void otherBytesFail(String hex) {
            fails(1007, "RFC 6455 §8.1", frame(FIN_TEXT, bytes("6f6b" + hex)));
        }

        /** The frame declares ten bytes; the third cannot be. */
        @Test
        void theFirstImpossibleByteFailsAtOnce() {
            fails(
                    1007,
                    "RFC 6455 §8.1",
                    header(TEXT, 10),
                    Arrays.copyOf(masked(bytes("6f6bed00")), 3),
                    new byte[] {(byte) (0xA0 ^ 0xD4)});
        }

        @Test
        void overFragments() {
            fails(
                    1007,
                    "RFC 6455 §8.1",
                    frame(TEXT, bytes("61ed")),
                    frame(CONTINUATION, bytes("a080")));
        }

        @Test
        void anAsciiByteWithinACodePointFails() {
            fails(
                    1007,
                    "RFC 6455 §8.1",
                    frame(TEXT, bytes("e282")),
                    frame(CONTINUATION, "plain ascii text"));
        }

        @Test
        void aCodePointOfTheMessageBeforeDoesNotCount() {
            server.receive(frame(FIN_BINARY, bytes("ffe2")), frame(FIN_TEXT, "a"));
            assertThat(server.events).containsExactly("binary(ffe2)", "text(a)");
        }
    }

    @Nested
    class Rfc6455Section10_4_Limits {

        @Test
        void aDeclaredLengthAboveTheLimitFailsBeforeThePayload() {
            fails(1009, "RFC 6455 §10.4", header(FIN_BINARY, (16 << 20) + 1));
        }

        @ParameterizedTest
        @ValueSource(longs = {1L << 31, 1L << 32, (1L << 32) + 5, 1L << 40, Long.MAX_VALUE})
        void lengthsAreNotCut(long length) {
            fails(1009, "RFC 6455 §10.4", header(FIN_BINARY, length));
        }

        @Test
        void aMessageAtTheLimit() {
            Peer server = small(100, 10);
            server.receive(frame(FIN_BINARY, new byte[100]));
            server.receive(frame(BINARY, new byte[60]), frame(FIN_CONTINUATION, new byte[40]));
            assertThat(server.events).hasSize(2).allMatch(event -> event.length() == 208);
        }

        @Test
        void theSumOfFragmentsCounts() {
            Peer server = small(100, 10);
            server.receive(frame(BINARY, new byte[60]), header(CONTINUATION, 41));
            assertThat(server.events).containsExactly("failed(1009,RFC 6455 §10.4)");
            server = small(100, 10);
            server.receive(frame(BINARY, new byte[60]), header(CONTINUATION, Long.MAX_VALUE));
            assertThat(server.events).containsExactly("failed(1009,RFC 6455 §10.4)");
        }

        @Test
        void fragmentsAreCounted() {
            Peer server = small(100, 3);
            for (int i = 0; i < 2; i++) {
                server.receive(frame(TEXT, ""), frame(CONTINUATION, ""));
                server.receive(frame(FIN_CONTINUATION, ""));
            }
            assertThat(server.events).containsExactly("text()", "text()");
            server.receive(frame(TEXT, ""), frame(CONTINUATION, ""), frame(CONTINUATION, ""));
            server.receive(frame(FIN_CONTINUATION, ""));
            assertThat(server.events).contains("failed(1008,RFC 6455 §10.4)");
            assertThat(server.takeSent()).isEqualTo("880203f0");
        }

        @Test
        void theDefaults() {
            assertThat(WebSocketLimits.DEFAULTS).isEqualTo(new WebSocketLimits(16 << 20, 16384));
            for (int bytes : new int[] {0, -1, (1 << 30) + 1}) {
                assertThatThrownBy(() -> WebSocketLimits.DEFAULTS.withMessageBytes(bytes))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> WebSocketLimits.DEFAULTS.withFragments(0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class AListener {

        /** Its first message closes the connection; the bytes behind are dropped. */
        @Test
        void mayCloseWithinAnEvent() {
            var closing =
                    new WebSocketListener() {
                        WebSocketConnection connection = server.connection;
                        final StringBuilder events = new StringBuilder();

                        @Override
                        public void text(byte[] utf8) {
                            events.append("text ");
                            connection.close(1000, "");
                        }

                        @Override
                        public void binary(byte[] bytes) {
                            events.append("binary ");
                            connection.fail(1011, "");
                        }

                        @Override
                        public void closed(int code, String reason) {
                            events.append("closed ").append(code);
                        }

                        @Override
                        public void failed(int code, String detail) {
                            events.append("failed ").append(code);
                        }
                    };
            for (int type : new int[] {FIN_TEXT, FIN_BINARY}) {
                closing.events.setLength(0);
                closing.connection =
                        WebSocketConnection.server(WebSocketLimits.DEFAULTS, null, server, closing);
                byte[] all = join(frame(type, "a"), frame(FIN_TEXT, "b"), close(4000, ""));
                closing.connection.received(all, 0, all.length);
                assertThat(closing.events)
                        .hasToString(type == FIN_TEXT ? "text closed 4000" : "binary failed 1011");
                assertThat(server.takeSent()).isEqualTo(type == FIN_TEXT ? "880203e8" : "880203f3");
            }
        }

        @Test
        void getsItsExceptionBack() {
            var thrower =
                    new WebSocketListener() {
                        int failures;

                        @Override
                        public void text(byte[] utf8) {
                            throw new IllegalStateException("a mistake");
                        }

                        @Override
                        public void binary(byte[] bytes) {}

                        @Override
                        public void closed(int code, String reason) {}

                        @Override
                        public void failed(int code, String detail) {
                            failures++;
                        }
                    };
            WebSocketConnection connection =
                    WebSocketConnection.server(WebSocketLimits.DEFAULTS, null, server, thrower);
            byte[] frame = frame(FIN_TEXT, "a");
            assertThatThrownBy(() -> connection.received(frame, 0, frame.length))
                    .hasMessage("a mistake");
            connection.fail(1011, "");
            assertThat(thrower.failures).isEqualTo(1);
            assertThat(HexFormat.of().formatHex(server.takeBytes())).isEqualTo("880203f3");
        }
    }

    @Nested
    class Pausing {

        private final List<String> seen = new ArrayList<>();
        private final WebSocketConnection connection =
                WebSocketConnection.server(
                        WebSocketLimits.DEFAULTS, null, new Peerless(), new Pauser());

        private static final class Peerless implements WebSocketOutput {
            @Override
            public void send(byte[] bytes, int from, int to) {}

            @Override
            public boolean isBackedUp() {
                return false;
            }
        }

        private final class Pauser implements WebSocketListener {
            @Override
            public void text(byte[] utf8) {
                seen.add(new String(utf8, StandardCharsets.UTF_8));
                connection.pause();
            }

            @Override
            public void binary(byte[] bytes) {}

            @Override
            public void closed(int code, String reason) {
                seen.add("closed " + code);
            }

            @Override
            public void failed(int code, String detail) {
                seen.add("failed " + code);
            }
        }

        @Test
        void noByteBehindTheMessageIsTaken() {
            byte[] one = frame(FIN_TEXT, "one");
            byte[] all = join(one, frame(FIN_TEXT, "two"), close(1000, ""));
            assertThat(connection.received(all, 0, all.length)).isEqualTo(one.length);
            assertThat(connection.received(all, one.length, all.length)).isEqualTo(one.length);
            assertThat(seen).containsExactly("one");
            connection.resume();
            int next = connection.received(all, one.length, all.length);
            assertThat(next).isEqualTo(2 * one.length);
            connection.resume();
            assertThat(connection.received(all, next, all.length)).isEqualTo(all.length);
            assertThat(seen).containsExactly("one", "two", "closed 1000");
        }

        @Test
        void incompleteMessagesAreCounted() {
            byte[] part = join(header(FIN_TEXT, 5000), masked(utf8("x".repeat(4000))));
            assertThat(connection.incompleteBytes()).isZero();
            assertThat(connection.received(part, 0, part.length)).isEqualTo(part.length);
            assertThat(connection.incompleteBytes()).isBetween(4000, 5000);
            connection.ended();
            assertThat(connection.incompleteBytes()).isZero();
        }
    }
}
