package caffeine.http.websocket;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/** One side of a connection, with a log of its events and the bytes that it sent. */
final class Peer implements WebSocketListener, WebSocketOutput {
    /** {@code text(...)}, {@code binary(hex)}, {@code ping(hex)}, {@code closed(code,reason)}... */
    final List<String> events = new ArrayList<>();

    final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    final WebSocketConnection connection;
    boolean backedUp;

    /** Messages come back. */
    boolean echoes;

    private Peer(WebSocketLimits limits, @Nullable DeflateParameters compression, boolean server) {
        connection =
                server
                        ? WebSocketConnection.server(limits, compression, this, this)
                        : WebSocketConnection.client(
                                limits, compression, this, this, () -> 0x12345678);
    }

    static Peer server() {
        return server(WebSocketLimits.DEFAULTS, null);
    }

    static Peer server(WebSocketLimits limits, @Nullable DeflateParameters compression) {
        return new Peer(limits, compression, true);
    }

    static Peer client() {
        return client(null);
    }

    static Peer client(@Nullable DeflateParameters compression) {
        return new Peer(WebSocketLimits.DEFAULTS, compression, false);
    }

    /** Receives all of these, one array after the other. */
    Peer receive(byte[]... pieces) {
        for (byte[] piece : pieces) {
            connection.received(piece, 0, piece.length);
        }
        return this;
    }

    /** Receives the bytes in pieces, each between others in an array that is overwritten. */
    Peer receiveIn(int[] cuts, byte[] all) {
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : all.length;
            byte[] b = new byte[to - from + 7];
            Arrays.fill(b, (byte) 0x88);
            System.arraycopy(all, from, b, 3, to - from);
            connection.received(b, 3, 3 + to - from);
            Arrays.fill(b, (byte) 0x77);
            from = to;
        }
        return this;
    }

    /** What was sent since the last call, in hexadecimal. */
    String takeSent() {
        String hex = HexFormat.of().formatHex(sent.toByteArray());
        sent.reset();
        return hex;
    }

    /** What was sent since the last call. */
    byte[] takeBytes() {
        byte[] bytes = sent.toByteArray();
        sent.reset();
        return bytes;
    }

    // ---- frames of a client

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** A masked frame with the shortest length. */
    static byte[] frame(int first, byte[] payload) {
        return join(header(first, payload.length), masked(payload));
    }

    static byte[] frame(int first, String payload) {
        return frame(first, utf8(payload));
    }

    /** The header of a masked frame, written plainly. */
    static byte[] header(int first, long length) {
        String size =
                length < 126
                        ? String.format("%02x", 0x80 | length)
                        : length < 65536
                                ? String.format("fe%04x", length)
                                : String.format("ff%016x", length);
        return bytes(String.format("%02x", first) + size + "a1b2c3d4");
    }

    static byte[] masked(byte[] payload) {
        byte[] key = bytes("a1b2c3d4");
        byte[] masked = payload.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= key[i % 4];
        }
        return masked;
    }

    static int[] randomCuts(RandomGenerator random, int length) {
        return length == 0
                ? new int[0]
                : random.ints(random.nextInt(8), 0, length + 1).sorted().toArray();
    }

    static int[] everywhere(int length) {
        int[] cuts = new int[Math.max(0, length - 1)];
        Arrays.setAll(cuts, i -> i + 1);
        return cuts;
    }

    // ---- events

    @Override
    public void text(byte[] utf8) {
        events.add("text(" + new String(utf8, StandardCharsets.UTF_8) + ")");
        if (echoes) {
            connection.text(utf8, 0, utf8.length);
        }
    }

    @Override
    public void binary(byte[] bytes) {
        events.add("binary(" + HexFormat.of().formatHex(bytes) + ")");
        if (echoes) {
            connection.binary(bytes, 0, bytes.length);
        }
    }

    @Override
    public void ping(byte[] payload) {
        events.add("ping(" + HexFormat.of().formatHex(payload) + ")");
    }

    @Override
    public void pong(byte[] payload) {
        events.add("pong(" + HexFormat.of().formatHex(payload) + ")");
    }

    @Override
    public void closed(int code, String reason) {
        events.add("closed(" + code + "," + reason + ")");
    }

    /** The section that was broken belongs to the event, its explanation does not. */
    @Override
    public void failed(int code, String detail) {
        events.add("failed(" + code + "," + detail.replaceFirst(": .*", "") + ")");
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        sent.write(bytes, from, to - from);
    }

    @Override
    public boolean isBackedUp() {
        return backedUp;
    }
}
