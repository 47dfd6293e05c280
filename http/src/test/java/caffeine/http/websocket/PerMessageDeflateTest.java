package caffeine.http.websocket;

import static caffeine.http.websocket.Peer.bytes;
import static caffeine.http.websocket.Peer.frame;
import static caffeine.http.websocket.Peer.header;
import static caffeine.http.websocket.Peer.join;
import static caffeine.http.websocket.Peer.utf8;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.Deflater;

/** RFC 7692 §6 to §8. */
class PerMessageDeflateTest {
    private static final int COMPRESSED_TEXT = 0xC1;
    private static final int COMPRESSED_BINARY = 0xC2;
    private static final int FRAGMENT_OF_COMPRESSED_TEXT = 0x41;
    private static final int CONTINUATION = 0;
    private static final int FIN_CONTINUATION = 0x80;

    enum Takeover {
        BOTH(false, false),
        SERVER(false, true),
        CLIENT(true, false),
        NEITHER(true, true);

        private final boolean noServer;
        private final boolean noClient;

        Takeover(boolean noServer, boolean noClient) {
            this.noServer = noServer;
            this.noClient = noClient;
        }

        DeflateParameters parameters() {
            return new DeflateParameters(noServer, noClient, false);
        }
    }

    private final Peer server = Peer.server(WebSocketLimits.DEFAULTS, DeflateParameters.DEFAULTS);

    private static Peer limited(int messageBytes) {
        return Peer.server(
                WebSocketLimits.DEFAULTS.withMessageBytes(messageBytes),
                DeflateParameters.DEFAULTS);
    }

    /** As a sender makes it, without the end of the flush. */
    private static byte[] deflated(byte[] message) {
        try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true)) {
            deflater.setInput(message);
            byte[] out = new byte[message.length + 100];
            int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
            assertThat(Arrays.copyOfRange(out, length - 4, length)).isEqualTo(bytes("0000ffff"));
            return Arrays.copyOf(out, length - 4);
        }
    }

    @Nested
    class Section6_Framing {

        @Test
        void uncompressedMessagesAreAllowed() {
            server.receive(frame(0x81, "plain"));
            assertThat(server.events).containsExactly("text(plain)");
        }

        @Test
        void smallMessagesAreSentAsTheyAre() {
            server.connection.text("x".repeat(31));
            assertThat(server.takeSent()).startsWith("811f78");
            server.connection.text("x".repeat(32));
            assertThat(server.takeSent()).startsWith("c1");
        }

        @ParameterizedTest
        @ValueSource(strings = {"c0", "40", "c8", "c9", "ca"})
        void rsv1BelongsToFirstFramesOfMessages(String first) {
            server.receive(bytes(first));
            assertThat(server.events).containsExactly("failed(1002,RFC 7692 §6.1)");
        }

        @ParameterizedTest
        @ValueSource(strings = {"e1", "d1", "a1", "91"})
        void theOtherBitsAreReserved(String first) {
            server.receive(bytes(first));
            assertThat(server.events).containsExactly("failed(1002,RFC 6455 §5.2)");
        }

        @Test
        void aPingWithinACompressedMessage() {
            byte[] hello = bytes("f248cdc9c90700");
            server.receive(
                    frame(FRAGMENT_OF_COMPRESSED_TEXT, Arrays.copyOf(hello, 3)),
                    frame(0x89, "x"),
                    frame(FIN_CONTINUATION, Arrays.copyOfRange(hello, 3, 7)));
            assertThat(server.events).containsExactly("ping(78)", "text(Hello)");
        }
    }

    @Nested
    class Section7_2_3_Examples {

        @Test
        void oneBlock() {
            server.receive(bytes("c187 00000000 f248cdc9c90700"));
            assertThat(server.events).containsExactly("text(Hello)");
        }

        @Test
        void fragments() {
            server.receive(frame(0x41, bytes("f248cd")), frame(0x80, bytes("c9c90700")));
            assertThat(server.events).containsExactly("text(Hello)");
        }

        @Test
        void theSlidingWindowIsShared() {
            server.receive(frame(COMPRESSED_TEXT, bytes("f248cdc9c90700")));
            server.receive(frame(COMPRESSED_TEXT, bytes("f200110000")));
            assertThat(server.events).containsExactly("text(Hello)", "text(Hello)");
        }

        @Test
        void noCompression() {
            server.receive(frame(COMPRESSED_TEXT, bytes("000500faff48656c6c6f00")));
            assertThat(server.events).containsExactly("text(Hello)");
        }

        @Test
        void aFinalBlock() {
            server.receive(frame(COMPRESSED_TEXT, bytes("f348cdc9c9070000")));
            server.receive(frame(COMPRESSED_TEXT, bytes("f348cdc9c90700 00")));
            server.receive(frame(COMPRESSED_TEXT, bytes("f248cdc9c90700")));
            assertThat(server.events).containsExactly("text(Hello)", "text(Hello)", "text(Hello)");
        }

        @Test
        void finalBlocksWithinAMessage() {
            byte[] twice = bytes("f348cdc9c90700 f348cdc9c90700 00");
            for (int cut = 1; cut < twice.length; cut++) {
                server.receive(
                        frame(FRAGMENT_OF_COMPRESSED_TEXT, Arrays.copyOf(twice, cut)),
                        frame(FIN_CONTINUATION, Arrays.copyOfRange(twice, cut, twice.length)));
            }
            assertThat(server.events).hasSize(twice.length - 1).containsOnly("text(HelloHello)");
        }

        @Test
        void twoBlocks() {
            server.receive(frame(COMPRESSED_TEXT, bytes("f24805000000ffffcac9c90700")));
            assertThat(server.events).containsExactly("text(Hello)");
        }

        @Test
        void emptyMessages() {
            server.receive(frame(COMPRESSED_TEXT, bytes("00")));
            server.receive(frame(COMPRESSED_BINARY, bytes("0200")));
            server.receive(frame(COMPRESSED_TEXT, bytes("")));
            server.receive(frame(COMPRESSED_TEXT, bytes("f248cdc9c90700")));
            assertThat(server.events)
                    .containsExactly("text()", "binary()", "text()", "text(Hello)");
        }
    }

    @Nested
    class Section7_2_Messages {

        @ParameterizedTest
        @EnumSource
        void bothSidesUnderstandEachOther(Takeover takeover) {
            Peer ours = Peer.server(WebSocketLimits.DEFAULTS, takeover.parameters());
            Peer theirs = Peer.client(takeover.parameters());
            ours.echoes = true;
            SplittableRandom random = new SplittableRandom(7);
            int[] lengths = {0, 1, 31, 32, 100, 500, 4096, 65_535, 65_536, 300_000, 33, 0, 40};
            for (int length : lengths) {
                for (int bound : new int[] {1, 4, 256}) {
                    byte[] message = new byte[length];
                    for (int i = 0; i < length; i++) {
                        message[i] = (byte) random.nextInt(bound);
                    }
                    theirs.connection.binary(message, 0, length);
                    theirs.connection.text("x".repeat(length));
                }
            }
            byte[] sent = theirs.takeBytes();
            ours.receiveIn(Peer.randomCuts(random, sent.length), sent);
            byte[] back = ours.takeBytes();
            theirs.receiveIn(Peer.randomCuts(random, back.length), back);
            assertThat(ours.events).hasSize(lengths.length * 6);
            assertThat(theirs.events).isEqualTo(ours.events);
            assertThat(theirs.events.get(5)).isEqualTo("text()");
            assertThat(theirs.events.get(19)).isEqualTo("text(" + "x".repeat(32) + ")");
        }

        @Test
        void theContextIsKeptOrForgotten() {
            byte[] message = new byte[1000];
            new SplittableRandom(3).nextBytes(message);
            for (Takeover takeover : Takeover.values()) {
                Peer ours = Peer.server(WebSocketLimits.DEFAULTS, takeover.parameters());
                Peer theirs = Peer.client(takeover.parameters());
                for (Peer peer : new Peer[] {ours, theirs}) {
                    peer.connection.binary(message, 0, 1000);
                    int first = peer.takeBytes().length;
                    peer.connection.binary(message, 0, 1000);
                    int second = peer.takeBytes().length;
                    boolean forgets = peer == ours ? takeover.noServer : takeover.noClient;
                    if (forgets) {
                        assertThat(second).isEqualTo(first);
                    } else {
                        assertThat(second).isLessThan(100);
                    }
                }
            }
        }

        /** A client that promised to forget, and refers to an earlier message. */
        @Test
        void aForgottenContextIsGone() {
            Peer forgetful =
                    Peer.server(
                            WebSocketLimits.DEFAULTS, new DeflateParameters(false, true, false));
            forgetful.receive(
                    frame(COMPRESSED_TEXT, bytes("f248cdc9c90700")),
                    frame(COMPRESSED_TEXT, bytes("f200110000")));
            assertThat(forgetful.events)
                    .containsExactly("text(Hello)", "failed(1007,RFC 7692 §7.2.2)");
        }

        /** Every size around those of the buffers: the end of a flush is taken off once. */
        @Test
        void everySizeIsFlushed() {
            Peer theirs = Peer.client(DeflateParameters.DEFAULTS);
            SplittableRandom random = new SplittableRandom(11);
            for (int length = 400; length < 1100; length++) {
                byte[] message = new byte[length];
                random.nextBytes(message);
                server.connection.binary(message, 0, length);
                theirs.receive(server.takeBytes());
                assertThat(theirs.events.removeLast())
                        .isEqualTo("binary(" + HexFormat.of().formatHex(message) + ")");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"ff", "06", "000500faf048656c6c6f", "f248cdc9c907ffffffff"})
        void otherDataFails(String hex) {
            server.receive(frame(COMPRESSED_BINARY, bytes(hex)));
            assertThat(server.events).containsExactly("failed(1007,RFC 7692 §7.2.2)");
            assertThat(server.takeSent()).isEqualTo("880203ef");
        }

        @Test
        void textIsValidatedAsItInflates() {
            byte[] invalid = deflated(join(utf8("ok"), bytes("ff"), utf8("more")));
            server.receive(frame(FRAGMENT_OF_COMPRESSED_TEXT, invalid));
            server.receive(frame(FIN_CONTINUATION, ""));
            assertThat(server.events).containsExactly("failed(1007,RFC 6455 §8.1)");
        }

        @Test
        void textMayBeCutAnywhere() {
            byte[] data = deflated(utf8("κόσμε 😀".repeat(30)));
            byte[] all = frame(FRAGMENT_OF_COMPRESSED_TEXT, "");
            for (byte b : data) {
                all = join(all, frame(CONTINUATION, new byte[] {b}));
            }
            server.receive(all, frame(FIN_CONTINUATION, ""));
            assertThat(server.events).containsExactly("text(" + "κόσμε 😀".repeat(30) + ")");
        }

        @Test
        void textThatEndsWithinACodePointFails() {
            server.receive(frame(COMPRESSED_TEXT, deflated(bytes("61e282"))));
            assertThat(server.events).containsExactly("failed(1007,RFC 6455 §8.1)");
        }
    }

    @Nested
    class Section8_Limits {

        @Test
        void aMessageThatInflatesToTheLimit() {
            Peer limited = limited(100_000);
            limited.receive(frame(COMPRESSED_BINARY, deflated(new byte[100_000])));
            limited.receive(frame(COMPRESSED_TEXT, bytes("f248cdc9c90700")));
            assertThat(limited.events).hasSize(2);
            assertThat(limited.events.getFirst()).hasSize("binary()".length() + 200_000);
        }

        @Test
        void andOneAboveIt() {
            Peer limited = limited(100_000);
            limited.receive(frame(COMPRESSED_BINARY, deflated(new byte[100_001])));
            assertThat(limited.events).containsExactly("failed(1009,RFC 6455 §10.4)");
            assertThat(limited.takeSent()).isEqualTo("880203f1");
        }

        /** zlib may report invalid data together with the bytes before it. */
        @ParameterizedTest
        @CsvSource({"4, 'failed(1009,RFC 6455 §10.4)'", "5, 'failed(1007,RFC 7692 §7.2.2)'"})
        void theByteAboveItComesBeforeInvalidData(int limit, String event) {
            byte[] all = frame(COMPRESSED_BINARY, bytes("f248cdc9c907ffffffff"));
            for (int whole = 0; whole <= all.length; whole++) {
                Peer limited = limited(limit);
                limited.receive(Arrays.copyOf(all, whole));
                for (int i = whole; i < all.length; i++) {
                    limited.receive(new byte[] {all[i]});
                }
                assertThat(limited.events).as("%d bytes at once", whole).containsExactly(event);
            }
        }

        /** It fails long before the frame has come. */
        @Test
        void aBombFailsBeforeItsEnd() {
            Peer limited = limited(100_000);
            byte[] bomb = deflated(new byte[10_000_000]);
            limited.receive(header(COMPRESSED_BINARY, bomb.length));
            limited.receive(Arrays.copyOf(Peer.masked(bomb), 400));
            assertThat(limited.events).containsExactly("failed(1009,RFC 6455 §10.4)");
        }

        /** What cannot be compressed gets larger, and is within the limit all the same. */
        @Test
        void compressedBytesMayBeMoreThanTheMessage() {
            Peer limited = limited(100_000);
            byte[] message = new byte[100_000];
            new SplittableRandom(1).nextBytes(message);
            byte[] data = deflated(message);
            assertThat(data.length).isGreaterThan(100_000);
            limited.receive(frame(COMPRESSED_BINARY, data));
            assertThat(limited.events).hasSize(1);
            assertThat(limited.events.getFirst()).startsWith("binary(");
        }

        @Test
        void emptyBlocksEndAsWell() {
            Peer limited = limited(1000);
            byte[] blocks = bytes("000000ffff".repeat(1000));
            limited.receive(frame(0x42, Arrays.copyOf(blocks, 1000)));
            assertThat(limited.events).isEmpty();
            limited.receive(header(CONTINUATION, 4000));
            assertThat(limited.events).containsExactly("failed(1009,RFC 6455 §10.4)");
        }
    }
}
