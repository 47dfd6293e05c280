package caffeine.http.websocket;

import java.nio.charset.StandardCharsets;

/**
 * A message of a server as it is sent, for any number of connections: it is encoded once. It is not
 * compressed, which is allowed on every connection (RFC 7692 §6). Immutable.
 *
 * <pre>{@code
 * EncodedMessage news = EncodedMessage.text("...");
 * sockets.forEach(socket -> socket.send(news));
 * }</pre>
 */
public final class EncodedMessage {
    private final byte[] frame;
    private final int headerBytes;

    private EncodedMessage(int opcode, byte[] message) {
        byte[] header = new byte[FrameEncoder.MOST_BYTES];
        headerBytes = FrameEncoder.encode(header, FrameHeader.FINAL | opcode, message.length);
        frame = new byte[headerBytes + message.length];
        System.arraycopy(header, 0, frame, 0, headerBytes);
        System.arraycopy(message, 0, frame, headerBytes, message.length);
    }

    /** A text message. A surrogate without its pair becomes a question mark. */
    public static EncodedMessage text(String message) {
        return new EncodedMessage(FrameHeader.TEXT, message.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A text message that is encoded already. It is copied.
     *
     * @throws IllegalArgumentException when it is not UTF-8
     */
    public static EncodedMessage utf8(byte[] message) {
        if (!Utf8Validator.isValid(message, 0, message.length)) {
            throw new IllegalArgumentException("a text message that is not UTF-8");
        }
        return new EncodedMessage(FrameHeader.TEXT, message);
    }

    /** A binary message. It is copied. */
    public static EncodedMessage binary(byte[] message) {
        return new EncodedMessage(FrameHeader.BINARY, message);
    }

    /** The bytes of the message. */
    public int messageBytes() {
        return frame.length - headerBytes;
    }

    /** The bytes with those of the frame. */
    public int length() {
        return frame.length;
    }

    byte[] frame() {
        return frame;
    }
}
