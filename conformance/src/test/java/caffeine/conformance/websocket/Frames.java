package caffeine.conformance.websocket;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** The table's words for bytes and frames (RFC 6455 §5.2), right and wrong ones. */
final class Frames {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final byte[] KEY = {0x37, (byte) 0xfa, 0x21, 0x3d};
    private static final byte[] NO_KEY = {};
    private static final int MASKED = 0x80;

    private Frames() {}

    /** DATA. */
    static byte[] data(String text) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String part : text.split(" \\+ ", -1)) {
            all.writeBytes(part(part));
        }
        return all.toByteArray();
    }

    private static byte[] part(String text) {
        if (text.startsWith("repeat ")) {
            int last = text.lastIndexOf(' ');
            byte[] one = data(text.substring("repeat ".length(), last));
            byte[] all = new byte[one.length * Integer.parseInt(text.substring(last + 1))];
            for (int i = 0; i < all.length; i++) {
                all[i] = one[i % one.length];
            }
            return all;
        }
        if (text.startsWith("0x")) {
            return HexFormat.of().parseHex(text.substring(2));
        }
        return text.translateEscapes().getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of a step that only sends. */
    static byte[] of(String name, String argument) {
        return switch (name) {
            case "text" -> frame(TEXT, data(argument));
            case "bin" -> frame(BINARY, data(argument));
            case "ping" -> frame(PING, data(argument));
            case "pong" -> frame(PONG, data(argument));
            case "close" -> frame(CLOSE, closePayload(argument));
            case "fragments" -> fragments(argument);
            case "frame" -> anyFrame(argument);
            case "raw" -> data(argument);
            default -> throw new IllegalArgumentException("unknown step: " + name);
        };
    }

    /** One good frame. */
    static byte[] frame(int opcode, byte[] payload) {
        return encode(MASKED | opcode, payload.length, "", KEY, payload); // FIN is 0x80 too
    }

    private static byte[] closePayload(String argument) {
        if (argument.isEmpty()) {
            return NO_KEY;
        }
        if (argument.startsWith("raw ")) {
            return data(argument.substring("raw ".length()));
        }
        String[] sides = argument.split(",", 2);
        byte[] reason = sides.length > 1 ? data(sides[1]) : NO_KEY;
        short code = (short) Integer.parseInt(sides[0]);
        return ByteBuffer.allocate(Short.BYTES + reason.length).putShort(code).put(reason).array();
    }

    private static byte[] fragments(String argument) {
        String[] words = argument.split(",", 3);
        int opcode = words[0].equals("text") ? TEXT : BINARY;
        int size = Integer.parseInt(words[1]);
        byte[] content = data(words[2]);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int from = 0; from < content.length; from += size) {
            int to = Math.min(content.length, from + size);
            int first = (from == 0 ? opcode : CONTINUATION) | (to == content.length ? 0x80 : 0);
            all.writeBytes(
                    encode(first, to - from, "", KEY, Arrays.copyOfRange(content, from, to)));
        }
        return all.toByteArray();
    }

    private static byte[] anyFrame(String argument) {
        String[] sides = ("," + argument).split(",payload=", 2);
        byte[] payload = sides.length > 1 ? data(sides[1]) : NO_KEY;
        int fin = 1;
        int rsv = 0;
        int opcode = TEXT;
        byte[] key = KEY;
        String form = "";
        long declared = payload.length;
        for (String pair : sides[0].split(",", -1)) {
            String[] words = pair.split("=", 2);
            switch (words[0]) {
                case "" -> {}
                case "fin" -> fin = Integer.parseInt(words[1]);
                case "rsv" -> rsv = Integer.parseInt(words[1]);
                case "op" -> opcode = Integer.parseInt(words[1]);
                case "mask" -> key = words[1].equals("0") ? NO_KEY : data(words[1]);
                case "len" -> form = words[1];
                case "declare" ->
                        declared =
                                words[1].startsWith("0x")
                                        ? Long.parseUnsignedLong(words[1].substring(2), 16)
                                        : Long.parseLong(words[1]);
                default -> throw new IllegalArgumentException("unknown in frame(): " + pair);
            }
        }
        return encode(fin << 7 | rsv << 4 | opcode, declared, form, key, payload);
    }

    private static byte[] encode(int first, long length, String form, byte[] key, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(14 + payload.length);
        int masked = key.length > 0 ? MASKED : 0;
        frame.put((byte) first);
        if (form.equals("7bit") || (form.isEmpty() && length >= 0 && length <= 125)) {
            frame.put((byte) (masked | (int) length));
        } else if (form.equals("16bit") || (form.isEmpty() && length >= 0 && length <= 0xffff)) {
            frame.put((byte) (masked | 126)).putShort((short) length);
        } else {
            frame.put((byte) (masked | 127)).putLong(length);
        }
        frame.put(key);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ (masked > 0 ? key[i % key.length] : 0)));
        }
        return Arrays.copyOf(frame.array(), frame.position());
    }
}
