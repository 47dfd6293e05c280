package caffeine.http.websocket;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;

/**
 * One side of a WebSocket connection behind its opening handshake, RFC 6455 §5 to §7: receives
 * bytes, tells a {@link WebSocketListener} what they mean, and gives bytes to a {@link
 * WebSocketOutput}.
 *
 * <pre>
 *         close(): Close sent            Close received
 * OPEN ───────────────────────▶ CLOSING ────────────────▶ CLOSED
 *  │ │                           │   │                      ▲
 *  │ │ Close received and echoed │   │ end of input         │
 *  │ │ or end of input           │   └──────────────────────┤
 *  │ └───────────────────────────┼──────────────────────────┘
 *  │ violation: Close sent       │ violation
 *  └──────────────▶ FAILED ◀─────┘
 * </pre>
 *
 * In CLOSING messages are dropped unchecked; in CLOSED and FAILED all input is. At most one Close
 * frame is sent, and nothing behind it. Not thread-safe.
 */
public final class WebSocketConnection {

    /** Where a connection is. */
    public enum State {
        /** Messages go both ways. */
        OPEN,
        /** A Close frame was sent; that of the other side is awaited. */
        CLOSING,
        /** Both Close frames have been sent, or the input has ended. */
        CLOSED,
        /** The other side broke the protocol or a limit, or {@link #fail} was called. */
        FAILED
    }

    /** The largest reason of a Close frame: its code takes two of the payload's bytes. */
    public static final int REASON_BYTES = FrameHeader.CONTROL_BYTES - Short.BYTES;

    private static final byte[] EMPTY = {};

    private final WebSocketOutput output;
    private final WebSocketListener listener;

    /** Of a client; null for a server, which does not mask. */
    private final @Nullable IntSupplier maskingKeys;

    private final @Nullable PerMessageDeflate deflate;
    private final FrameHeader frame;
    private final MessageAssembler message;
    private final byte[] header = new byte[FrameEncoder.MOST_BYTES];

    private State state = State.OPEN;

    /** The bytes that the current frame lacks, and the key for the next one. */
    private long missing;

    private long key;

    /** The payload of a control frame. */
    private byte[] control = EMPTY;

    /** No further event, for now. */
    private boolean paused;

    /** The answer to the latest Ping, while output is backed up. */
    private byte @Nullable [] pendingPong;

    private WebSocketConnection(
            WebSocketLimits limits,
            @Nullable DeflateParameters compression,
            WebSocketOutput output,
            WebSocketListener listener,
            @Nullable IntSupplier maskingKeys) {
        this.output = output;
        this.listener = listener;
        this.maskingKeys = maskingKeys;
        boolean isServer = maskingKeys == null;
        if (compression == null) {
            deflate = null;
        } else {
            boolean server = compression.serverNoContextTakeover();
            boolean client = compression.clientNoContextTakeover();
            deflate =
                    isServer
                            ? new PerMessageDeflate(server, client)
                            : new PerMessageDeflate(client, server);
        }
        frame = new FrameHeader(isServer, compression != null);
        message = new MessageAssembler(limits, deflate);
    }

    /**
     * The server's side.
     *
     * @param compression what {@link OpeningHandshake.Accepted} says, or null for none
     */
    public static WebSocketConnection server(
            WebSocketLimits limits,
            @Nullable DeflateParameters compression,
            WebSocketOutput output,
            WebSocketListener listener) {
        return new WebSocketConnection(limits, compression, output, listener, null);
    }

    /**
     * The client's side, which masks its frames.
     *
     * @param compression as {@link #server}
     * @param maskingKeys gives 32 unpredictable bits for each frame (RFC 6455 §10.3)
     */
    public static WebSocketConnection client(
            WebSocketLimits limits,
            @Nullable DeflateParameters compression,
            WebSocketOutput output,
            WebSocketListener listener,
            IntSupplier maskingKeys) {
        return new WebSocketConnection(limits, compression, output, listener, maskingKeys);
    }

    /** Where the connection is. */
    public State state() {
        return state;
    }

    /** Whether messages can be sent. */
    public boolean isOpen() {
        return state == State.OPEN;
    }

    /** Whether nothing more will be sent and no event will come. */
    public boolean isOver() {
        return state == State.CLOSED || state == State.FAILED;
    }

    // ---- receiving

    /**
     * Takes bytes, which may be any part of any number of frames: all of them, unless the listener
     * {@linkplain #pause pauses}. An exception of the listener comes out of here; the rest of the
     * bytes is lost then, so that {@link #fail} must follow.
     *
     * @return the index behind the last byte taken; the rest is to be given again after {@link
     *     #resume}
     */
    public int received(byte[] b, int from, int to) {
        int at = from;
        try {
            while (at < to && !isOver() && !paused) {
                at = frame.isComplete() ? payload(b, at, to) : header(b, at, to);
            }
        } catch (Violation violation) {
            fail(violation.code(), violation.detail());
        }
        return isOver() ? to : at;
    }

    /** Takes no byte from now on, so that no event comes; within an event, none behind it. */
    public void pause() {
        paused = true;
    }

    /** Ends a {@link #pause}. */
    public void resume() {
        paused = false;
    }

    /** The memory that holds a message which is not complete yet. */
    public int incompleteBytes() {
        return message.heldBytes();
    }

    /**
     * No more bytes will come: the other side has ended its output, or the connection is broken.
     * Without a Close frame of the other side before it is {@link CloseCode#ABNORMAL}.
     */
    public void ended() {
        if (!isOver()) {
            enter(State.CLOSED);
            listener.closed(CloseCode.ABNORMAL, "");
        }
    }

    private int header(byte[] b, int from, int to) {
        int at = frame.read(b, from, to);
        if (frame.isComplete()) {
            missing = frame.length();
            key = frame.key();
            if (frame.isControl()) {
                control = missing == 0 ? EMPTY : new byte[(int) missing];
            } else if (state == State.OPEN) {
                message.begin(frame);
            }
            if (missing == 0) {
                frameEnd();
            }
        }
        return at;
    }

    private int payload(byte[] b, int from, int to) {
        int count = (int) Math.min(to - from, missing);
        int end = from + count;
        if (frame.isControl()) {
            Masking.apply(key, b, from, end, control, control.length - (int) missing);
        } else if (state == State.OPEN) {
            message.add(b, from, end, key, missing);
        }
        key = Masking.advance(key, count);
        missing -= count;
        if (missing == 0) {
            frameEnd();
        }
        return end;
    }

    /** The header is reset first: the listener may close, or throw. */
    private void frameEnd() {
        frame.reset();
        if (frame.isControl()) {
            byte[] payload = control;
            control = EMPTY;
            controlFrame(frame.opcode(), payload);
        } else if (frame.isFinal() && state == State.OPEN) {
            boolean isText = message.isText();
            byte[] whole = message.end();
            if (isText) {
                listener.text(whole);
            } else {
                listener.binary(whole);
            }
        }
    }

    private void controlFrame(int opcode, byte[] payload) {
        if (opcode == FrameHeader.CLOSE) {
            closeFrame(payload);
        } else if (state != State.OPEN) {
            return;
        } else if (opcode == FrameHeader.PONG) {
            listener.pong(payload);
        } else {
            answer(payload);
            listener.ping(payload);
        }
    }

    /** RFC 6455 §5.5.3: the answer to an earlier Ping that still waits can be left out. */
    private void answer(byte[] ping) {
        if (output.isBackedUp()) {
            pendingPong = ping.clone();
        } else {
            send(FrameHeader.PONG, ping, 0, ping.length);
        }
    }

    /** RFC 6455 §5.5.1 and §7.4. */
    private void closeFrame(byte[] payload) {
        int code = CloseCode.NONE;
        String reason = "";
        if (payload.length == 1) {
            throw Violation.ofProtocol("RFC 6455 §5.5.1", "a Close frame with half a code");
        }
        if (payload.length > 1) {
            code = (payload[0] & 0xFF) << Byte.SIZE | (payload[1] & 0xFF);
            if (!CloseCode.isForFrames(code)) {
                throw Violation.ofProtocol("RFC 6455 §7.4", "a Close frame with code " + code);
            }
            if (!Utf8Validator.isValid(payload, Short.BYTES, payload.length)) {
                throw new Violation(
                        CloseCode.INVALID_CONTENT, "RFC 6455 §5.5.1", "a reason that is not UTF-8");
            }
            int length = payload.length - Short.BYTES;
            reason = new String(payload, Short.BYTES, length, StandardCharsets.UTF_8);
        }
        if (state == State.OPEN) {
            send(FrameHeader.CLOSE, payload, 0, Math.min(payload.length, Short.BYTES));
        }
        enter(State.CLOSED);
        listener.closed(code, reason);
    }

    // ---- sending

    /**
     * Sends a text message.
     *
     * @param message a surrogate without its pair becomes a question mark
     * @return false when the connection is not open, so that nothing is sent
     */
    public boolean text(String message) {
        byte[] utf8 = message.getBytes(StandardCharsets.UTF_8);
        return text(utf8, 0, utf8.length);
    }

    /**
     * Sends a text message that is encoded already.
     *
     * @param utf8 valid UTF-8, which is not checked: see {@link Utf8Validator}
     * @return as {@link #text(String)}
     */
    public boolean text(byte[] utf8, int from, int to) {
        return message(FrameHeader.TEXT, utf8, from, to);
    }

    /**
     * Sends a binary message.
     *
     * @return as {@link #text(String)}
     */
    public boolean binary(byte[] bytes, int from, int to) {
        return message(FrameHeader.BINARY, bytes, from, to);
    }

    /**
     * Sends a message that is encoded for all connections.
     *
     * @return as {@link #text(String)}
     * @throws IllegalStateException at the client's side, whose frames differ
     */
    public boolean send(EncodedMessage message) {
        if (maskingKeys != null) {
            throw new IllegalStateException("a client masks each frame with a key of its own");
        }
        if (state != State.OPEN) {
            return false;
        }
        output.send(message.frame(), 0, message.length());
        return true;
    }

    /**
     * Sends a Ping.
     *
     * @param payload at most 125 bytes
     * @return as {@link #text(String)}
     * @throws IllegalArgumentException for more
     */
    public boolean ping(byte[] payload) {
        return control(FrameHeader.PING, payload);
    }

    /**
     * Sends a Pong that no Ping asked for, RFC 6455 §5.5.3.
     *
     * @param payload at most 125 bytes
     * @return as {@link #text(String)}
     * @throws IllegalArgumentException for more
     */
    public boolean pong(byte[] payload) {
        return control(FrameHeader.PONG, payload);
    }

    /**
     * Begins to close, without a code. {@link WebSocketListener#closed} follows; how long to wait
     * for it is up to the caller. Does nothing when the connection is not open.
     */
    public void close() {
        closeWith(EMPTY);
    }

    /**
     * Begins to close. As {@link #close()}.
     *
     * @param code as {@link CloseCode#isForFrames}
     * @param reason for people, at most {@link #REASON_BYTES} in UTF-8
     * @throws IllegalArgumentException for another code, and a longer reason
     */
    public void close(int code, String reason) {
        closeWith(closePayload(code, reason));
    }

    /**
     * Checks the parameters of {@link #close(int, String)}.
     *
     * @throws IllegalArgumentException as there
     */
    public static void checkClose(int code, String reason) {
        byte[] _ = closePayload(code, reason);
    }

    /**
     * Fails the connection, RFC 6455 §7.1.7: sends a Close frame with that code, unless one was
     * sent, and calls {@link WebSocketListener#failed}. Does nothing when the connection is over.
     *
     * @param code as {@link CloseCode#isForFrames}
     * @param detail for the log; the other side does not get it
     * @throws IllegalArgumentException for another code
     */
    public void fail(int code, String detail) {
        byte[] payload = closePayload(code, "");
        if (isOver()) {
            return;
        }
        if (state == State.OPEN) {
            send(FrameHeader.CLOSE, payload, 0, payload.length);
        }
        enter(State.FAILED);
        listener.failed(code, detail);
    }

    /** All output has been sent: see {@link WebSocketOutput#isBackedUp}. */
    public void drained() {
        byte[] pong = pendingPong;
        pendingPong = null;
        if (pong != null && state == State.OPEN) {
            send(FrameHeader.PONG, pong, 0, pong.length);
        }
    }

    private boolean message(int opcode, byte[] b, int from, int to) {
        if (state != State.OPEN) {
            return false;
        }
        if (deflate == null || to - from < PerMessageDeflate.LEAST_BYTES) {
            send(opcode, b, from, to);
            return true;
        }
        deflate.compress(b, from, to);
        send(FrameHeader.COMPRESSED | opcode, deflate.output(), 0, deflate.outputLength());
        deflate.release();
        return true;
    }

    private boolean control(int opcode, byte[] payload) {
        if (payload.length > FrameHeader.CONTROL_BYTES) {
            throw new IllegalArgumentException(
                    payload.length
                            + " bytes in a control frame, not at most "
                            + FrameHeader.CONTROL_BYTES);
        }
        if (state != State.OPEN) {
            return false;
        }
        send(opcode, payload, 0, payload.length);
        return true;
    }

    private void closeWith(byte[] payload) {
        if (state == State.OPEN) {
            send(FrameHeader.CLOSE, payload, 0, payload.length);
            enter(State.CLOSING);
        }
    }

    private static byte[] closePayload(int code, String reason) {
        if (!CloseCode.isForFrames(code)) {
            throw new IllegalArgumentException("no code of a Close frame (RFC 6455 §7.4): " + code);
        }
        byte[] utf8 = reason.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > REASON_BYTES) {
            throw new IllegalArgumentException(
                    "a reason of " + utf8.length + " bytes, not at most " + REASON_BYTES);
        }
        byte[] payload = new byte[Short.BYTES + utf8.length];
        payload[0] = (byte) (code >>> Byte.SIZE);
        payload[1] = (byte) code;
        System.arraycopy(utf8, 0, payload, Short.BYTES, utf8.length);
        return payload;
    }

    /** What the states behind OPEN have no use for is freed. */
    private void enter(State next) {
        state = next;
        pendingPong = null;
        message.clear();
        if (deflate != null) {
            deflate.end();
        }
    }

    /**
     * Sends a frame, which is a whole message or a control frame.
     *
     * @param type the opcode, with RSV1 or not
     */
    private void send(int type, byte[] b, int from, int to) {
        int first = FrameHeader.FINAL | type;
        int length = to - from;
        if (maskingKeys == null) {
            output.send(header, 0, FrameEncoder.encode(header, first, length));
            if (length > 0) {
                output.send(b, from, to);
            }
            return;
        }
        int mask = maskingKeys.getAsInt();
        output.send(header, 0, FrameEncoder.encodeMasked(header, first, length, mask));
        byte[] masked = new byte[length];
        Masking.apply(Masking.key(mask), b, from, to, masked, 0);
        output.send(masked, 0, length);
    }
}
