package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.OpeningHandshake;
import caffeine.http.websocket.Utf8Validator;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Exchange;
import caffeine.server.handler.WebSocket;
import caffeine.server.handler.WebSocketHandler;
import caffeine.server.handler.WebSocketUpgrade;
import caffeine.server.loop.Timer;
import caffeine.server.options.Setting;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * A script that talks WebSocket: a text message is a line on its standard input, and a line on its
 * standard output is a text message; or both are streams of binary messages. Each side waits for
 * the other: what a pipe does not take stops the client, and what the client does not take stops
 * the script.
 *
 * <pre>
 *   client goes:  standard input ends ──grace──▶ TERM ──5 s──▶ KILL
 *   script ends:  its last lines, then Close 1000, or 1011 when its exit status is not 0
 * </pre>
 */
final class WebSocketRun extends ScriptRun implements WebSocketHandler {

    private static final byte[] LINE_END = {'\n'};

    private final OpeningHandshake.Accepted accepted;
    private final boolean isBinary;
    private @Nullable WebSocket socket;

    /** Messages that the script has not taken; of the first, only the rest from {@link #taken}. */
    private final ArrayDeque<byte[]> input = new ArrayDeque<>();

    private long inputBytes;
    private int taken;
    private @Nullable Pipe stdin;

    /** Messages that the client has no room for. */
    private final ArrayDeque<byte[]> output = new ArrayDeque<>();

    private final LineBuffer line;
    private @Nullable Pipe stdout;

    /** For the input, and for a line that is not complete. */
    private final ContentMemory.Share memory = ContentMemory.OF_PROCESS.share();

    private boolean exited;
    private @Nullable ExitStatus exit;

    /** The connection has ended, or is about to: output is read and dropped. */
    private boolean over;

    /** After the exit, other processes may still hold the output. */
    private final Timer quiet =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    endOutput();
                }

                @Override
                protected void broken(Throwable mistake) {
                    WebSocketRun.this.mistake(mistake);
                }
            };

    WebSocketRun(
            ScriptExchange owner,
            ScriptHandler handler,
            Exchange exchange,
            Script script,
            OpeningHandshake.Accepted accepted) {
        super(owner, handler, exchange, script);
        this.accepted = accepted;
        this.isBinary = script.route().isWebSocketBinary();
        this.line = new LineBuffer(handler.webSocket.messageBytes());
    }

    /** The connection becomes WebSocket once the script runs. */
    @Override
    void start(@Nullable String localTarget, ContentSpool content) {
        int[] in = pipe();
        try {
            int[] out = pipe();
            try {
                launch(localTarget, content, in[0], out[1]);
            } catch (Throwable e) {
                Descriptors.close(out[0]);
                throw e;
            } finally {
                Descriptors.close(out[1]);
            }
            stdout = new Pipe(out[0]);
        } catch (Throwable e) {
            Descriptors.close(in[1]);
            throw e;
        } finally {
            Descriptors.close(in[0]);
        }
        int _ = Descriptors.setNonBlocking(in[1], true); // the script's end stays as it is
        stdin = new Pipe(in[1]);
        suspendDeadline();
        try {
            WebSocketUpgrade.upgrade(exchange, accepted, handler.webSocket, this);
        } catch (Throwable e) {
            abandoned();
            throw e;
        }
        readOn();
    }

    private static int[] pipe() {
        int[] ends = new int[2];
        int result = Descriptors.pipe2(ends, 0);
        if (result < 0) {
            throw new HttpException(503, "pipe(2)", Errno.describe(-result));
        }
        return ends;
    }

    /** The server's end of one of the two pipes. */
    private final class Pipe extends Source {

        Pipe(int fd) {
            super(fd);
        }

        /** Without a registration, nothing would ever move. */
        void watch(int interest) {
            if (!isRegistered() && handler.loop.poller().add(this, interest) < 0) {
                handler.loop.later(
                        () -> mistake(new IllegalStateException("no memory to watch a pipe")));
            }
        }

        void ignore() {
            if (isRegistered()) {
                handler.loop.poller().remove(this);
            }
        }

        void close() {
            handler.loop.poller().forget(this);
            Descriptors.close(descriptor());
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (equals(stdin)) {
                writeInput();
            } else {
                readOutput();
            }
        }

        @Override
        protected void broken(Throwable e) {
            mistake(e);
        }
    }

    /** A mistake of the server ends this connection only. */
    private void mistake(Throwable e) {
        handler.events.mistake("websocket script", e);
        abandoned();
    }

    private void close(int code) {
        WebSocket current = socket;
        if (current != null) {
            current.close(code, "");
        }
    }

    // ---- from the client to the script

    @Override
    public void open(WebSocket opened) {
        socket = opened;
    }

    @Override
    public void utf8(WebSocket from, byte[] message) {
        give(message);
        if (!isBinary) {
            give(LINE_END);
        }
        writeInput();
    }

    @Override
    public void binary(WebSocket from, byte[] message) {
        if (isBinary) {
            give(message);
            writeInput();
        } else {
            from.close(CloseCode.UNSUPPORTED_DATA, "text only");
        }
    }

    private void give(byte[] bytes) {
        if (stdin != null && bytes.length > 0) {
            input.add(bytes);
            inputBytes += bytes.length;
        }
    }

    /** So that many large messages at once end the later connections, and not the process. */
    private void count() {
        if (!memory.hold(inputBytes + line.heldBytes())) {
            int code = CloseCode.TRY_AGAIN_LATER;
            handler.events.limitReached(
                    exchange.client(), "memory for messages", "closed with " + code);
            end(code);
        }
    }

    /** Writes what the pipe takes; the client waits for the rest. */
    private void writeInput() {
        Pipe to = stdin;
        if (to == null) {
            return;
        }
        while (!input.isEmpty()) {
            byte[] first = input.element();
            MemorySegment buffer = handler.pipeBuffer();
            int count = (int) Math.min(first.length - taken, buffer.byteSize());
            handler.pipeBytes().put(0, first, taken, count);
            long written = Descriptors.write(to.descriptor(), buffer, 0, count);
            if (written == -Errno.EINTR) {
                continue;
            }
            if (written == -Errno.EAGAIN) {
                to.watch(Source.WRITE);
                awaitScript();
                count();
                return;
            }
            if (written < 0) {
                endInput(); // the script reads no more
                return;
            }
            taken += (int) written;
            if (taken == first.length) {
                input.remove();
                inputBytes -= taken;
                taken = 0;
            }
            if (to.isRegistered()) {
                restartDeadline(); // it makes progress
            }
        }
        if (to.isRegistered()) {
            to.ignore();
            suspendDeadline();
            count();
            resume();
        }
    }

    private void awaitScript() {
        WebSocket current = socket;
        if (current != null) {
            restartDeadline();
            current.pause();
        }
    }

    private void resume() {
        WebSocket current = socket;
        if (current != null) {
            current.resume();
        }
    }

    private void endInput() {
        Pipe ended = stdin;
        if (ended != null) {
            stdin = null;
            input.clear();
            inputBytes = 0;
            count();
            ended.close();
            if (!over) {
                suspendDeadline();
                resume();
            }
        }
    }

    // ---- from the script to the client

    private void readOn() {
        Pipe from = stdout;
        if (from != null) {
            from.watch(Source.READ);
        } else {
            complete();
        }
    }

    private void readOutput() {
        Pipe from = stdout;
        if (from == null) {
            return;
        }
        MemorySegment buffer = handler.pipeBuffer();
        long count = Descriptors.read(from.descriptor(), buffer, 0, buffer.byteSize());
        if (count == -Errno.EINTR || count == -Errno.EAGAIN) {
            return;
        }
        if (count <= 0) {
            endOutput();
            return;
        }
        if (exited) {
            awaitQuiet();
        }
        byte[] bytes = new byte[(int) count];
        handler.pipeBytes().get(0, bytes);
        handler.wrote(script, bytes.length);
        if (over) {
            return;
        }
        if (isBinary) {
            output.add(bytes);
        } else {
            split(bytes);
        }
        sendOutput();
    }

    private void split(byte[] bytes) {
        for (int at = 0; at < bytes.length && !over; ) {
            at = line.add(bytes, at);
            if (line.isTooLong()) {
                fail(CloseCode.TOO_LARGE, "wrote a line of more than " + Setting.MESSAGE_BYTES);
            } else if (line.isComplete()) {
                lineEnd();
            }
        }
        count();
    }

    private void lineEnd() {
        byte[] message = line.take();
        if (!Utf8Validator.isValid(message, 0, message.length)) {
            fail(
                    CloseCode.SERVER_ERROR,
                    "wrote a line that is not UTF-8; use " + Setting.WS_BINARY + " for other data");
        } else {
            output.add(message);
        }
    }

    /** The script's output is no message: ends both. */
    private void fail(int code, String detail) {
        handler.events.handlerFailed(script.name(), detail);
        boolean _ = sendAll(); // the lines before it, as far as the client has room
        end(code);
    }

    /** Ends the connection and the script. */
    private void end(int code) {
        drop();
        close(code);
        endInput();
        terminate();
    }

    /** From now on, output is read and dropped. */
    private void drop() {
        over = true;
        output.clear();
        line.clear();
        count();
    }

    /** Sends what the client has room for; the script waits for the rest. */
    private void sendOutput() {
        WebSocket to = socket;
        if (to == null || over) {
            return;
        }
        if (sendAll()) {
            readOn();
        } else if (to.isOpen()) {
            Pipe from = stdout;
            if (from != null) {
                from.ignore();
            }
            to.whenDrained(this::sendOutput);
        } else {
            output.clear(); // the connection is closing
            readOn();
        }
    }

    /** Sends the messages that the client has room for; true when none is left. */
    private boolean sendAll() {
        WebSocket to = socket;
        while (to != null && !output.isEmpty()) {
            byte[] next = output.element();
            if (!(isBinary ? to.send(next) : to.sendUtf8(next))) {
                return false;
            }
            output.remove();
        }
        return true;
    }

    /** Nothing more comes from the script. */
    private void endOutput() {
        handler.loop.timers().cancel(quiet);
        Pipe ended = stdout;
        if (ended != null) {
            stdout = null;
            ended.close();
            if (line.hasBegun() && !over) {
                lineEnd();
            }
            count();
            sendOutput();
        }
    }

    // ---- the end

    private void awaitQuiet() {
        handler.loop
                .timers()
                .schedule(quiet, handler.loop.nowNs() + script.route().outputQuietNs());
    }

    @Override
    void finish(@Nullable ExitStatus status, long nowNs) {
        exited = true;
        exit = status;
        owner.over();
        if (stdout == null) {
            complete();
        } else if (over) {
            endOutput(); // it is dropped, also that of other processes
        } else {
            awaitQuiet(); // a usual script has closed its output: its end is found at once
        }
    }

    private void complete() {
        if (!exited || over || !output.isEmpty()) {
            return;
        }
        over = true;
        ExitStatus status = exit;
        boolean isGood = status != null && status.isSuccess();
        close(isGood ? CloseCode.NORMAL : CloseCode.SERVER_ERROR);
        endInput();
    }

    @Override
    public void closed(WebSocket from, int code, String reason) {
        clientGone();
    }

    @Override
    public void failed(WebSocket from, int code, String detail) {
        clientGone();
    }

    /** Its input ends; what it still writes is dropped, so that no SIGPIPE ends it. */
    private void clientGone() {
        drop();
        endInput();
        if (exited) {
            endOutput();
        } else {
            graceDeadline();
            readOn();
        }
    }

    private void graceDeadline() {
        deadline(handler.loop.nowNs() + handler.graceNs);
    }

    /** The script did not take its input, or did not end in its grace. */
    @Override
    public void deadlinePassed(long nowNs) {
        if (over) {
            terminate();
            return;
        }
        super.deadlinePassed(nowNs);
        end(CloseCode.SERVER_ERROR);
    }

    @Override
    void writable() {
        // The exchange is over; WebSocket tells when there is room.
    }

    /** The server has failed: ends everything. */
    @Override
    void abandoned() {
        end(CloseCode.SERVER_ERROR);
        endOutput();
    }
}
