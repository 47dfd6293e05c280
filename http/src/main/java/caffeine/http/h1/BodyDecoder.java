package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.Syntax;

/**
 * Takes the content out of a request's body, RFC 9112 §6 and §7. It copies nothing: the sink gets
 * slices of the input.
 *
 * <pre>
 * LENGTH ──▶ COMPLETE
 *
 *         CR               LF                              CR           LF
 * SIZE ─────────▶ SIZE_END ───▶ DATA ──▶ DATA_CR ─────────────▶ DATA_LF ───▶ SIZE
 *  │ ';'            ▲       │ size 0
 *  ▼          CR    │       ▼
 * EXTENSIONS ───────┘    TRAILER ──▶ COMPLETE
 * </pre>
 *
 * One for each connection, restarted for each request. Not thread-safe.
 */
public final class BodyDecoder {
    private enum State {
        LENGTH,
        SIZE,
        EXTENSIONS,
        SIZE_END,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER,
        COMPLETE
    }

    /** Leading zeros are allowed, but not without end. */
    private static final int MOST_SIZE_DIGITS = 32;

    /**
     * Extensions of up to so many bytes do not count: they are no larger than the chunk's frame.
     */
    private static final int SMALL_EXTENSIONS = 16;

    /**
     * The extensions of all chunks may outweigh the content by so many times what one chunk may
     * have of them (RFC 9112 §7.1.1 asks for a limit in all).
     */
    private static final int MOST_FULL_EXTENSIONS = 64;

    private final ChunkExtensions extensions = new ChunkExtensions();
    private final FieldSection trailer = new FieldSection(null);

    private Limits limits = Limits.DEFAULTS;
    private State state = State.COMPLETE;

    /** The missing bytes of the content or the chunk. */
    private long remaining;

    private int sizeDigits;
    private long contentBytes;
    private long extensionBytes;
    private int trailerBytes;

    /** A decoder that has nothing to decode. */
    public BodyDecoder() {}

    /**
     * Begins the body of a request; it is complete at once when there is none.
     *
     * @param contentLength as {@link RequestHead#contentLength}
     * @throws HttpException 413 when more is declared than the limits allow
     */
    public void start(long contentLength, Limits limits) {
        this.limits = limits;
        contentBytes = 0;
        extensionBytes = 0;
        remaining = 0;
        if (contentLength == RequestHead.CHUNKED) {
            beginChunk();
        } else {
            remaining = Math.max(0, contentLength);
            state = State.COMPLETE;
            if (remaining > 0) {
                requireWithinLimit(remaining);
                state = State.LENGTH;
            }
        }
    }

    /** Whether the body has ended. */
    public boolean isComplete() {
        return state == State.COMPLETE;
    }

    /** How many bytes of content have come so far. */
    public long contentBytes() {
        return contentBytes;
    }

    /**
     * Reads on, gives the content to the sink, and stops behind the last byte of the body. The
     * trailer section is checked and dropped (RFC 9110 §6.5.1).
     *
     * @return the index behind the last byte consumed: {@code to}, if the body is not complete
     * @throws HttpException 400, 413 or 431, at the first byte that proves a violation; the decoder
     *     must then be restarted
     */
    public int decode(byte[] b, int from, int to, ContentSink sink) {
        int at = from;
        while (at < to && state != State.COMPLETE) {
            at =
                    switch (state) {
                        case LENGTH -> take(b, at, to, sink, State.COMPLETE);
                        case SIZE -> size(b, at, to, sink);
                        case EXTENSIONS -> extensions(b, at, to);
                        case SIZE_END -> sizeEnd(b, at, to, sink);
                        case DATA -> data(b, at, to, sink);
                        case DATA_CR -> dataEnd(b, at, to);
                        case DATA_LF -> chunkEnd(b, at);
                        case TRAILER -> trailer(b, at, to);
                        case COMPLETE -> at;
                    };
        }
        return at;
    }

    private void beginChunk() {
        state = State.SIZE;
        remaining = 0;
        sizeDigits = 0;
    }

    private int size(byte[] b, int from, int to, ContentSink sink) {
        int at = from;
        while (at < to && Syntax.isHexDigit(b[at])) {
            addSizeDigit(Syntax.hexValue(b[at++]));
        }
        if (at == to) {
            return at;
        }
        if (sizeDigits == 0) {
            throw badSize(b[at]);
        }
        if (b[at] == '\r') {
            state = State.SIZE_END;
            return at + 1 < to ? sizeEnd(b, at + 1, to, sink) : at + 1;
        }
        if (b[at] != ';' && !Syntax.isWhitespace(b[at])) {
            throw badSize(b[at]);
        }
        extensions.begin(limits.chunkExtensionBytes());
        state = State.EXTENSIONS;
        return at;
    }

    private void addSizeDigit(int digit) {
        if (++sizeDigits > MOST_SIZE_DIGITS) {
            throw new HttpException(
                    400,
                    "RFC 9112 §7.1",
                    "a chunk size of more than " + MOST_SIZE_DIGITS + " digits");
        }
        if (remaining > Long.MAX_VALUE >> 4) {
            throw tooLarge();
        }
        remaining = remaining << 4 | digit;
        requireWithinLimit(remaining);
    }

    private int extensions(byte[] b, int from, int to) {
        int at = extensions.scan(b, from, to);
        if (extensions.isComplete()) {
            extensionBytes += Math.max(0, extensions.bytes() - SMALL_EXTENSIONS);
            long most = contentBytes + (long) MOST_FULL_EXTENSIONS * limits.chunkExtensionBytes();
            if (extensionBytes > most) {
                throw new HttpException(
                        400, "RFC 9112 §7.1.1", "more chunk extensions than content");
            }
            state = State.SIZE_END;
        }
        return at;
    }

    private int sizeEnd(byte[] b, int at, int to, ContentSink sink) {
        requireLineFeed(b[at]);
        if (remaining == 0) {
            trailer.begin(0, limits);
            trailerBytes = 0;
            state = State.TRAILER;
            return at + 1;
        }
        state = State.DATA;
        return at + 1 < to ? data(b, at + 1, to, sink) : at + 1;
    }

    private int data(byte[] b, int from, int to, ContentSink sink) {
        int at = take(b, from, to, sink, State.DATA_CR);
        return at < to ? dataEnd(b, at, to) : at;
    }

    private int take(byte[] b, int from, int to, ContentSink sink, State next) {
        int end = from + (int) Math.min(to - from, remaining);
        remaining -= end - from;
        contentBytes += end - from;
        if (remaining == 0) {
            state = next;
        }
        sink.content(b, from, end);
        return end;
    }

    private int dataEnd(byte[] b, int at, int to) {
        if (b[at] != '\r') {
            throw b[at] == '\n'
                    ? new HttpException(400, "RFC 9112 §2.2", "a bare LF behind a chunk")
                    : new HttpException(400, "RFC 9112 §7.1", "a chunk longer than its size");
        }
        state = State.DATA_LF;
        return at + 1 < to ? chunkEnd(b, at + 1) : at + 1;
    }

    private int chunkEnd(byte[] b, int at) {
        requireLineFeed(b[at]);
        beginChunk();
        return at + 1;
    }

    /** The base accounts for the part of the section in earlier arrays. */
    private int trailer(byte[] b, int from, int to) {
        int at = trailer.scan(b, from - trailerBytes, from, to);
        trailerBytes += at - from;
        if (trailer.isComplete()) {
            state = State.COMPLETE;
        }
        return at;
    }

    private void requireWithinLimit(long bytes) {
        if (bytes > limits.contentBytes() - contentBytes) {
            throw tooLarge();
        }
    }

    private HttpException tooLarge() {
        return new HttpException(
                413, "RFC 9110 §15.5.14", "content of more than " + limits.contentBytes() + " B");
    }

    private static void requireLineFeed(byte c) {
        if (c != '\n') {
            throw new HttpException(400, "RFC 9112 §2.2", "a bare CR in a chunk's line");
        }
    }

    private static HttpException badSize(byte c) {
        return c == '\n'
                ? new HttpException(400, "RFC 9112 §2.2", "a bare LF behind a chunk size")
                : new HttpException(400, "RFC 9112 §7.1", "not a chunk size");
    }
}
