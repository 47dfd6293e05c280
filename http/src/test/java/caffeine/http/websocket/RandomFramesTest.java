package caffeine.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Properties that hold for all input. Each example has a seed of its own; a failure names it, and
 * {@code -Dcaffeine.seed=...} repeats it alone.
 */
class RandomFramesTest {
    private static final int EXAMPLES = Boolean.getBoolean("caffeine.full") ? 300_000 : 1_500;

    /** Small enough for what is made here to reach every limit. */
    private static final WebSocketLimits SMALL = new WebSocketLimits(300, 6);

    private static void forAll(Consumer<SplittableRandom> property) {
        Long given = Long.getLong("caffeine.seed");
        long first = given == null ? System.nanoTime() : given;
        int examples = given == null ? EXAMPLES : 1;
        for (long seed = first; seed < first + examples; seed++) {
            try {
                property.accept(new SplittableRandom(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("with -Dcaffeine.seed=" + seed + ": " + e, e);
            }
        }
    }

    /**
     * What came of the input. Which rule was broken first may depend on the cut where the code is
     * 1007: zlib keeps back the bytes before invalid data, and they may be no text.
     */
    private static Peer outcome(
            WebSocketLimits limits,
            @Nullable DeflateParameters compression,
            byte[] input,
            int... cuts) {
        Peer server = Peer.server(limits, compression);
        server.echoes = true;
        server.receiveIn(cuts, input);
        server.connection.ended();
        server.events.replaceAll(event -> event.replaceFirst("^failed\\(1007,.*", "failed(1007)"));
        return server;
    }

    private static void sameInPieces(SplittableRandom random, byte[] input) {
        for (WebSocketLimits limits : new WebSocketLimits[] {WebSocketLimits.DEFAULTS, SMALL}) {
            for (DeflateParameters compression :
                    new @Nullable DeflateParameters[] {null, DeflateParameters.DEFAULTS}) {
                Peer whole = outcome(limits, compression, input);
                for (int[] cuts :
                        new int[][] {
                            Peer.everywhere(input.length), Peer.randomCuts(random, input.length)
                        }) {
                    Peer cut = outcome(limits, compression, input, cuts);
                    assertThat(cut.events).as(Arrays.toString(cuts)).isEqualTo(whole.events);
                    assertThat(HexFormat.of().formatHex(cut.takeBytes()))
                            .isEqualTo(HexFormat.of().formatHex(whole.sent.toByteArray()));
                }
                int ends = 0;
                for (String event : whole.events) {
                    ends += event.startsWith("closed(") || event.startsWith("failed(") ? 1 : 0;
                }
                assertThat(ends).isEqualTo(1);
                assertThat(whole.events.getLast()).matches("(?s)(closed|failed)\\(.*");
            }
        }
    }

    private static byte[] payload(SplittableRandom random, int most) {
        String[] parts = {"a", "word ", "é", "€", "😀", "1234567890"};
        byte[] payload = new byte[0];
        while (payload.length < most && random.nextInt(8) > 0) {
            payload = Peer.join(payload, Peer.utf8(parts[random.nextInt(parts.length)]));
        }
        return payload;
    }

    /** Messages of one or several frames, with control frames between them. */
    private static byte[] frames(SplittableRandom random) {
        byte[] all = new byte[0];
        for (int n = random.nextInt(6); n >= 0; n--) {
            byte[] message = payload(random, 400);
            int opcode = 1 + random.nextInt(2);
            int at = 0;
            while (random.nextInt(3) == 0) {
                int end = at + random.nextInt(message.length - at + 1);
                all = Peer.join(all, Peer.frame(opcode, Arrays.copyOfRange(message, at, end)));
                all = Peer.join(all, control(random));
                at = end;
                opcode = 0;
            }
            byte[] rest = Arrays.copyOfRange(message, at, message.length);
            all = Peer.join(all, Peer.frame(0x80 | opcode, rest), control(random));
        }
        return all;
    }

    private static byte[] control(SplittableRandom random) {
        return switch (random.nextInt(12)) {
            case 0, 1 -> Peer.frame(0x89, payload(random, 50));
            case 2 -> Peer.frame(0x8A, payload(random, 50));
            case 3 ->
                    Peer.frame(
                            0x88,
                            Peer.join(
                                    Peer.bytes(String.format("%04x", 990 + random.nextInt(30))),
                                    payload(random, 50)));
            default -> new byte[0];
        };
    }

    @Test
    void framesMeanTheSameHoweverTheyAreCut() {
        forAll(random -> sameInPieces(random, frames(random)));
    }

    @Test
    void damagedFramesDoToo() {
        forAll(
                random -> {
                    byte[] frames = frames(random);
                    for (int n = 1 + random.nextInt(3); n > 0; n--) {
                        frames[random.nextInt(frames.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                    sameInPieces(random, frames);
                });
    }

    @Test
    void compressedMessagesDoToo() {
        forAll(
                random -> {
                    Peer client = Peer.client(DeflateParameters.DEFAULTS);
                    for (int n = random.nextInt(5); n >= 0; n--) {
                        byte[] message = payload(random, 2000);
                        client.connection.text(message, 0, message.length);
                    }
                    byte[] frames = client.takeBytes();
                    if (random.nextBoolean() && frames.length > 0) {
                        frames[random.nextInt(frames.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                    sameInPieces(random, frames);
                });
    }

    @Test
    void anyBytesDoToo() {
        forAll(
                random -> {
                    byte[] input = new byte[random.nextInt(60)];
                    random.nextBytes(input);
                    if (input.length > 1) {
                        input[0] = (byte) (0x81 + random.nextInt(2));
                        input[1] |= (byte) 0x80;
                    }
                    sameInPieces(random, input);
                });
    }
}
