package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.server.core.Exchange;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A script whose output comes through a pipe as a CGI/1.1 response (RFC 3875 §6), and which the
 * server turns into HTTP. The response is over when the script has exited and the pipe is empty,
 * even if a child of the script still holds the pipe.
 */
final class CgiRun extends ScriptRun {

    private static final int HEAD_LIMIT_BYTES = 64 * 1024;
    private static final int HELD_BYTES = 64 * 1024;

    private final ScriptResponseParser parser;
    private @Nullable Output output;
    private boolean outputEnded;
    private boolean exited;

    /** What was in the pipe when the script had exited; what comes later is not the script's. */
    private int rest;

    private @Nullable ExitStatus exit;
    private @Nullable OutputBuffer held;
    private boolean over;

    CgiRun(ScriptExchange owner, ScriptHandler handler, Exchange exchange, Script script) {
        super(owner, handler, exchange, script);
        boolean raw = script.isRawByName() || script.mode() == Script.Mode.DIRECT;
        this.parser = new ScriptResponseParser(HEAD_LIMIT_BYTES, raw);
    }

    @Override
    void start(@Nullable String localTarget, ContentSpool content) {
        int[] ends = new int[2];
        int result = Descriptors.pipe2(ends, 0);
        if (result < 0) {
            throw new HttpException(503, "pipe(2)", Errno.describe(-result));
        }
        try {
            launch(localTarget, content, ends[1]);
        } catch (Throwable e) {
            Descriptors.close(ends[0]);
            throw e;
        } finally {
            Descriptors.close(ends[1]);
        }
        Output opened = new Output(ends[0]);
        output = opened;
        opened.watch();
    }

    // ---- output

    /** The reading end of the script's standard output. */
    private final class Output extends Source {
        Output(int fd) {
            super(fd);
        }

        void watch() {
            if (!isRegistered() && handler.loop.poller().add(this, READ) < 0) {
                // Without a registration nothing would ever be read.
                handler.loop.later(CgiRun.this::breakOff);
            }
        }

        /** A hang-up is reported as long as this is registered, wanted or not. */
        void ignore() {
            handler.loop.poller().remove(this);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (exited) {
                drain();
            } else {
                read();
            }
        }

        @Override
        protected void broken(Throwable e) {
            mistake(e);
        }
    }

    /** Costs this exchange its answer, and nobody else anything. */
    private void mistake(Throwable e) {
        over = true;
        endOutput();
        exchange.broken("cgi", e);
        terminate();
    }

    /** The poller or the pipe's count said that there is something, so this does not block. */
    private void read() {
        Output from = output;
        if (from == null) {
            return;
        }
        MemorySegment buffer = handler.pipeBuffer();
        long most = exited ? Math.min(rest, buffer.byteSize()) : buffer.byteSize();
        long count = Descriptors.read(from.descriptor(), buffer, 0, most);
        if (count == -Errno.EINTR || count == -Errno.EAGAIN) {
            return;
        }
        rest -= (int) count;
        if (count <= 0) {
            endOutput();
        } else {
            received(handler.pipeBytes(), (int) count);
        }
    }

    private void received(ByteBuffer buffer, int count) {
        try {
            int from = 0;
            if (!parser.isComplete()) {
                byte[] head = new byte[count];
                buffer.get(0, head);
                from = parser.parse(head, 0, head.length);
                if (parser.isComplete()) {
                    respond();
                }
            }
            if (from < count) {
                write(buffer, from, count);
            }
        } catch (HttpException e) {
            refuse(e);
            return;
        }
        if (!parser.isComplete()) {
            return; // the time until the end of its head is one
        }
        if (!isDirect()) {
            restartDeadline();
        }
        Output current = output;
        if (current != null && !exchange.isDone() && !exchange.isWritable()) {
            current.ignore();
            if (!isDirect()) {
                suspendDeadline();
            }
        }
    }

    /** One whose output is only passed on has its time in all, as if it wrote to the client. */
    private boolean isDirect() {
        return script.mode() == Script.Mode.DIRECT;
    }

    private void respond() {
        switch (parser.kind()) {
            case LOCAL_REDIRECT -> {} // once the script has ended
            case RAW -> {
                byte[] head = parser.rawHead();
                exchange.respondRaw(parser.status());
                exchange.write(head, 0, head.length);
            }
            case DOCUMENT, CLIENT_REDIRECT -> {
                if (shouldHold()) {
                    held = new OutputBuffer();
                } else {
                    respond(parser.contentLength());
                }
            }
        }
    }

    private void respond(long contentLength) {
        exchange.respond(
                new ResponseHead(parser.status(), parser.reason(), parser.fields()), contentLength);
    }

    /**
     * HTTP/1.0 has no chunks: only a response of known length lets such a client stay connected. So
     * when it wants to, a small one is held until it is whole.
     */
    private boolean shouldHold() {
        return parser.contentLength() == ScriptResponseParser.NO_LENGTH
                && exchange.request().minorVersion() == 0
                && exchange.request().persistent();
    }

    private void write(ByteBuffer buffer, int from, int to) {
        OutputBuffer small = held;
        if (small == null) {
            if (exchange.isResponding() && !exchange.isDone()) {
                exchange.write(buffer, from, to);
            }
            return;
        }
        byte[] bytes = new byte[to - from];
        buffer.get(from, bytes);
        small.put(bytes, 0, bytes.length);
        if (small.length() > HELD_BYTES) {
            held = null;
            respond(ScriptResponseParser.NO_LENGTH);
            exchange.write(small.array(), 0, small.length());
        }
    }

    /** The response is whole: now its length is known. */
    private void release() {
        OutputBuffer small = held;
        if (small != null) {
            held = null;
            respond(small.length());
            exchange.write(small.array(), 0, small.length());
        }
    }

    /** What the script wrote is no CGI response: 502, and an end to the script. */
    private void refuse(HttpException e) {
        over = true;
        handler.events.handlerFailed(script.name(), e.detail() + " (" + e.section() + ")");
        exchange.respondError(e.status());
        endOutput();
        terminate();
    }

    private void breakOff() {
        endOutput();
        exchange.respondError(503);
        terminate();
    }

    @Override
    void writable() {
        Output current = output;
        if (current == null) {
            return;
        }
        if (!isDirect()) {
            restartDeadline();
        }
        current.watch();
        if (exited) {
            drain();
        }
    }

    private void endOutput() {
        Output current = output;
        if (current != null) {
            output = null;
            outputEnded = true;
            current.ignore();
            Descriptors.close(current.descriptor());
            complete();
        }
    }

    // ---- the end

    @Override
    void finish(@Nullable ExitStatus status, long nowNs) {
        exited = true;
        exit = status;
        Output current = output;
        rest = current == null ? 0 : Descriptors.available(current.descriptor());
        drain();
        complete();
    }

    /**
     * After the exit: takes what was in the pipe, but waits for no child that holds it, and leaves
     * what one goes on writing.
     */
    private void drain() {
        while (true) {
            Output current = output;
            if (current == null || !current.isRegistered()) {
                return; // ended, or the client has to take bytes first
            }
            if (rest <= 0) {
                endOutput();
                return;
            }
            read();
        }
    }

    private void complete() {
        if (!exited || !outputEnded || over || exchange.isDone()) {
            return;
        }
        over = true;
        if (!parser.isComplete()) {
            try {
                parser.end();
            } catch (HttpException e) {
                handler.events.handlerFailed(script.name(), e.detail() + " (" + e.section() + ")");
                owner.over();
                exchange.respondError(timedOut() ? 504 : 502);
                return;
            }
            respond();
        }
        if (parser.kind() == ScriptResponseParser.Kind.LOCAL_REDIRECT) {
            owner.redirect(parser.localTarget());
            return;
        }
        owner.over();
        if (looksWholeButIsNot()) {
            if (held != null) {
                exchange.respondError(502); // nothing has gone out yet
                return;
            }
            exchange.fail();
        } else {
            release();
            exchange.finish();
        }
    }

    /**
     * Whether the script failed in a response of which the client could not tell that something is
     * missing. A script that declared its content's length is held to that; one that answered with
     * an error of its own said so.
     */
    private boolean looksWholeButIsNot() {
        ExitStatus status = exit;
        return status != null
                && !status.isSuccess()
                && parser.contentLength() == ScriptResponseParser.NO_LENGTH
                && (parser.status() < 400 || !status.exited());
    }

    @Override
    public void deadlinePassed(long nowNs) {
        super.deadlinePassed(nowNs);
        exchange.respondError(504);
        endOutput();
    }

    @Override
    void abandoned() {
        over = true;
        endOutput();
        terminate();
    }
}
