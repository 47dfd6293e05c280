package caffeine.http.websocket;

/**
 * The limits of a message.
 *
 * @param messageBytes the payload of all its frames together, and again what that inflates to (else
 *     1009)
 * @param fragments its frames (else 1008): each costs work, and may be empty
 */
public record WebSocketLimits(int messageBytes, int fragments) {

    /** 16 MiB, 16,384 frames. */
    public static final WebSocketLimits DEFAULTS = new WebSocketLimits(16 << 20, 16_384);

    /** The most that a message may be allowed to have: it lies in one array. */
    public static final int LARGEST_MESSAGE_BYTES = 1 << 30;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when a message could not have even one byte or one frame, or
     *     would not fit into an array
     */
    public WebSocketLimits {
        if (messageBytes < 1 || messageBytes > LARGEST_MESSAGE_BYTES) {
            throw new IllegalArgumentException(
                    "messageBytes is " + messageBytes + ", not 1 to " + LARGEST_MESSAGE_BYTES);
        }
        if (fragments < 1) {
            throw new IllegalArgumentException("fragments is " + fragments + ", not at least 1");
        }
    }

    /** The same limits with another one for the bytes of a message. */
    public WebSocketLimits withMessageBytes(int bytes) {
        return new WebSocketLimits(bytes, fragments);
    }

    /** The same limits with another one for the frames of a message. */
    public WebSocketLimits withFragments(int most) {
        return new WebSocketLimits(messageBytes, most);
    }

    /**
     * The most that the frames of a compressed message may have. Deflate can make a message larger,
     * but never by an eighth; more than that are blocks without content.
     */
    long compressedBytes() {
        return messageBytes + (messageBytes >>> 3) + 1024L;
    }
}
