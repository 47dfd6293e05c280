package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.server.core.Exchange;
import caffeine.server.file.Printable;
import caffeine.server.loop.Timer;
import caffeine.server.options.Setting;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A script whose output comes through a pipe, and which the server turns into HTTP: a CGI/1.1
 * response (RFC 3875 §6), a whole HTTP response, or text.
 *
 * <p>The response ends with the output (§6.4): when the last process has closed the pipe, also
 * after the exit of the script. A silent child process would make the client wait for ever. So the
 * response also ends when the script has ended, and no output comes for {@code output-quiet}. Later
 * output is read and dropped, so that its writer can continue.
 *
 * <pre>
 *             exit                  end of output
 *   RUNNING ────────▶ EXITED ───────────────────────────▶ over
 *      │                 └─── quiet, or whole already ──▶ over, LEFT ──end, deadline──▶ closed
 *      └──── end of output ──▶ waits for the exit ──────▶ over
 * </pre>
 */
final class CgiRun extends ScriptRun {

    private static final int HEAD_LIMIT_BYTES = 64 * 1024;
    private static final int HELD_BYTES = 64 * 1024;

    /** The most late output that is dropped; then its writer gets a SIGPIPE. */
    private static final long MOST_LATE_BYTES = 64 << 20;

    private static final byte[] TEXT_HEAD =
            "Content-Type: text/plain; charset=utf-8\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final String WRITE_CGI =
            "; write \"Content-Type: text/plain\" and an empty line first";
    private static final String BEGIN_WHOLE =
            "a whole response that begins with \"HTTP/1.1 200 OK\"";
    private static final String WRITE_WHOLE = "; write " + BEGIN_WHOLE;
    private static final String WRITE_EITHER = WRITE_CGI + " (CGI), or " + BEGIN_WHOLE;

    private final ScriptResponseParser parser;
    private final ResponseFlow flow;
    private @Nullable Output output;
    private boolean exited;
    private @Nullable ExitStatus exit;
    private @Nullable OutputBuffer held;

    /** The response has ended; further output is dropped. */
    private boolean over;

    /** The response is complete, and a part of it waits in a file for the client. */
    private boolean finishing;

    /** The bytes of output after the end. */
    private long lateBytes;

    /** Whether a quiet period has ended the response. */
    private boolean wasQuiet;

    /** Measures the time from the script's exit to the end of its output. */
    private @Nullable Patience patience;

    CgiRun(ScriptExchange owner, ScriptHandler handler, Exchange exchange, Script script) {
        super(owner, handler, exchange, script);
        boolean raw = script.isRawByName() || script.mode() == Script.Mode.DIRECT;
        this.parser = new ScriptResponseParser(HEAD_LIMIT_BYTES, raw);
        this.flow = new ResponseFlow(handler, exchange, script, this::writable, this::mistake);
        if (script.mode() == Script.Mode.TEXT) {
            parser.parse(TEXT_HEAD, 0, TEXT_HEAD.length);
            held = new OutputBuffer();
        }
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
                // Without a registration the output would never be read.
                handler.loop.later(CgiRun.this::breakOff);
            }
        }

        /** A hang-up is always reported to a registered source. */
        void ignore() {
            handler.loop.poller().remove(this);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            read((readiness & HANGUP) != 0);
        }

        @Override
        protected void broken(Throwable e) {
            mistake(e);
        }
    }

    /** Fails this request only. */
    private void mistake(Throwable e) {
        over = true;
        flow.close();
        endOutput();
        exchange.broken("cgi", e);
        terminate();
    }

    /**
     * The poller reported output, so this does not block.
     *
     * @param last whether all writers are closed, so that a read that does not fill the buffer has
     *     taken the rest (pipe(7))
     */
    private void read(boolean last) {
        Output from = output;
        if (from == null) {
            return;
        }
        MemorySegment buffer = handler.pipeBuffer();
        long most = over || exchange.isDone() ? buffer.byteSize() : flow.room();
        if (most == 0) {
            waitForClient();
            return;
        }
        long count = Descriptors.read(from.descriptor(), buffer, 0, most);
        if (count == -Errno.EINTR || count == -Errno.EAGAIN) {
            return;
        }
        if (count > 0) {
            received(handler.pipeBytes(), (int) count);
        }
        if (count <= 0 || (last && count < most)) {
            endOutput();
        }
    }

    private void received(ByteBuffer buffer, int count) {
        handler.wrote(script, count);
        if (over) {
            lateBytes += count;
            if (lateBytes > MOST_LATE_BYTES) {
                endOutput();
            }
            return;
        }
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
        if (exited) {
            proceed();
        } else if (parser.isComplete() && !isDirect()) {
            restartDeadline(); // until the end of its head there is one deadline
        }
        waitForClient();
    }

    /** Pauses reading while neither the client nor a file takes the output. */
    private void waitForClient() {
        Output current = output;
        if (current == null || over || exchange.isDone() || flow.room() > 0) {
            return;
        }
        current.ignore();
        if (exited) {
            cancelPatience();
        } else if (!isDirect()) {
            suspendDeadline();
        }
    }

    /** A script whose output is passed on unchanged has one deadline, as in direct mode. */
    private boolean isDirect() {
        return script.mode() == Script.Mode.DIRECT
                || (script.mode() == Script.Mode.AUTO && isRaw());
    }

    private boolean isRaw() {
        return parser.isComplete() && parser.kind() == ScriptResponseParser.Kind.RAW;
    }

    private void respond() {
        if (script.mode() == Script.Mode.AUTO) {
            handler.learn(script, isRaw() ? Script.Mode.DIRECT : Script.Mode.CGI);
        }
        String repeated = parser.repeated();
        if (repeated != null) {
            handler.events.handlerFailed(
                    script.name(),
                    "wrote " + repeated + " twice; one of the two equal lines is sent");
        }
        switch (parser.kind()) {
            case LOCAL_REDIRECT -> {} // once the script has ended
            case RAW -> {
                byte[] head = parser.rawHead();
                exchange.respondRaw(parser.status());
                exchange.write(head, 0, head.length);
            }
            case DOCUMENT, CLIENT_REDIRECT -> {
                if (fileToSend() != null) {
                    return; // once the script has ended
                }
                if (shouldHold()) {
                    held = new OutputBuffer();
                } else {
                    respond(parser.status(), parser.contentLength());
                }
            }
        }
    }

    /** The file that is sent in place of the script's content; null for its own content. */
    private @Nullable String fileToSend() {
        return parser.isComplete() && parser.kind() == ScriptResponseParser.Kind.DOCUMENT
                ? parser.fields().first(ScriptResponseParser.SENDFILE)
                : null;
    }

    private void respond(int status, long contentLength) {
        exchange.mayCompress();
        exchange.respond(new ResponseHead(status, parser.reason(), parser.fields()), contentLength);
    }

    /**
     * HTTP/1.0 has no chunks: only a response of known length keeps the connection open. So for a
     * client that wants this, a small response is held until it is complete.
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
                flow.write(buffer, from, to);
            }
            return;
        }
        byte[] bytes = new byte[to - from];
        buffer.get(from, bytes);
        small.put(bytes, 0, bytes.length);
        if (small.length() > HELD_BYTES) {
            held = null;
            respond(parser.status(), ScriptResponseParser.NO_LENGTH);
            exchange.write(small.array(), 0, small.length());
        }
    }

    /** The response is complete: now its length is known, and in text mode its status. */
    private void release() {
        OutputBuffer small = held;
        if (small == null) {
            return;
        }
        held = null;
        ExitStatus status = exit;
        boolean failed = status != null && !status.isSuccess();
        if (script.mode() == Script.Mode.TEXT && failed && small.length() == 0) {
            exchange.respondError(500);
            return;
        }
        respond(
                script.mode() == Script.Mode.TEXT && failed ? 500 : parser.status(),
                small.length());
        exchange.write(small.array(), 0, small.length());
    }

    /** The output of the script is not a response: answers 502 and ends the script. */
    private void refuse(HttpException e) {
        over = true;
        flow.close();
        logRefusal(e);
        exchange.respondError(e.status());
        if (exited) {
            dropLateOutput();
        } else {
            endOutput();
            terminate();
        }
    }

    private void logRefusal(HttpException e) {
        handler.outputRefused(script, e.status(), refusal(e));
    }

    /** Why the output is not a response, with the line at fault, and the next step. */
    private String refusal(HttpException e) {
        String line = parser.offender();
        return e.detail()
                + (line.isEmpty() ? "" : ": \"" + Printable.of(line) + "\"")
                + " ("
                + e.section()
                + ")"
                + advice();
    }

    private String advice() {
        if (!parser.isStarted()) {
            return script.isRawByName() || script.mode() == Script.Mode.DIRECT
                    ? WRITE_WHOLE
                    : script.mode() == Script.Mode.AUTO ? WRITE_EITHER : WRITE_CGI;
        }
        return parser.offender().isEmpty() ? "; end its fields with an empty line" : "";
    }

    private void breakOff() {
        over = true;
        flow.close();
        endOutput();
        exchange.respondError(503);
        terminate();
    }

    @Override
    void writable() {
        flow.feed();
        if (finishing && flow.spooledBytes() == 0) {
            finishing = false;
            owner.over();
            flow.close();
            exchange.finish();
        }
        Output current = output;
        if (current == null || over || current.isRegistered() || flow.room() == 0) {
            return;
        }
        current.watch();
        if (exited) {
            proceed();
        } else if (!isDirect()) {
            restartDeadline();
        }
    }

    /** Closes the output; the response is complete if the script has ended as well. */
    private void endOutput() {
        Output current = output;
        if (current != null) {
            output = null;
            cancelPatience();
            // Copies in children that are just being started close at their exec.
            handler.loop.poller().forget(current);
            Descriptors.close(current.descriptor());
            handler.outputEnded(this);
            logLateOutput();
            complete();
        }
    }

    // ---- the end

    @Override
    void finish(@Nullable ExitStatus status, long nowNs) {
        exited = true;
        exit = status;
        if (output == null) {
            complete();
        } else {
            proceed();
        }
    }

    /**
     * After the exit: a complete response ends at once. Otherwise a quiet period begins for the
     * processes that hold the output. A usual script closes its output before its exit is known, so
     * this is not reached.
     */
    private void proceed() {
        Output current = output;
        if (current == null || over) {
            return;
        }
        boolean whole =
                parser.isComplete()
                        && (parser.kind() == ScriptResponseParser.Kind.LOCAL_REDIRECT
                                || fileToSend() != null
                                || (parser.contentLength() != ScriptResponseParser.NO_LENGTH
                                        && exchange.missingBytes() <= flow.spooledBytes()));
        if (whole) {
            complete();
        } else if (current.isRegistered()) {
            patience().until(handler.loop.nowNs() + script.route().outputQuietNs());
        }
    }

    private Patience patience() {
        Patience current = patience;
        if (current == null) {
            current = new Patience();
            patience = current;
        }
        return current;
    }

    private void cancelPatience() {
        if (patience != null) {
            handler.loop.timers().cancel(patience);
        }
    }

    /** How long to wait for output after the script's exit. */
    private final class Patience extends Timer {
        void until(long atNs) {
            handler.loop.timers().schedule(this, atNs);
        }

        @Override
        protected void expired(long nowNs) {
            if (over) {
                endOutput();
            } else {
                quiet();
            }
        }

        @Override
        protected void broken(Throwable e) {
            mistake(e);
        }
    }

    /** The quiet period is over. */
    private void quiet() {
        Output current = output;
        if (current != null) {
            logQuietEnd(OutputHolders.ofPipe(current.descriptor()));
        }
        wasQuiet = true;
        complete();
    }

    /**
     * The response has ended, and other processes still hold the output. Their output is read and
     * dropped, so that no SIGPIPE kills them, for the time of a script, up to {@link
     * #MOST_LATE_BYTES}.
     */
    private void dropLateOutput() {
        Output current = output;
        if (current != null) {
            handler.leftovers().add(this);
            cancelPatience();
            if (handlerNs > 0) {
                patience().until(handler.loop.nowNs() + handlerNs);
            }
            current.watch();
        }
    }

    private void logLateOutput() {
        if (wasQuiet && lateBytes > 0) {
            handler.events.handlerFailed(
                    script.name(),
                    lateBytes
                            + " bytes came after a quiet period had ended the response, and were"
                            + " dropped; raise "
                            + Setting.OUTPUT_QUIET);
        }
    }

    /** The server ends: stops reading. */
    void closeLeft() {
        wasQuiet = false;
        endOutput();
    }

    private void complete() {
        if (!exited || over || exchange.isDone()) {
            return;
        }
        over = true;
        respondInTheEnd();
        dropLateOutput();
    }

    private void respondInTheEnd() {
        if (!parser.isComplete()) {
            try {
                parser.end();
            } catch (HttpException e) {
                if (!timedOut()) {
                    logRefusal(e);
                }
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
        boolean whole = !looksWholeButIsNot();
        String file = fileToSend();
        if (whole && file != null) {
            flow.close();
            owner.sendFile(file, parser.status(), parser.fields());
            return;
        }
        if (whole && flow.spooledBytes() > 0) {
            finishing = true;
            return;
        }
        owner.over();
        flow.close();
        if (whole) {
            release();
            exchange.finish();
        } else if (held != null || file != null) {
            exchange.respondError(502); // nothing has been sent yet
        } else {
            exchange.fail();
        }
    }

    /**
     * Whether the response must be cut, because the client could not see that a part is missing
     * (docs/adr/0005). A declared length is enforced. An exit status alone does not count: many
     * programs exit with 1 after a good page.
     */
    private boolean looksWholeButIsNot() {
        ExitStatus status = exit;
        if (status == null
                || status.isSuccess()
                || parser.contentLength() != ScriptResponseParser.NO_LENGTH) {
            return false;
        }
        if (!status.exited()) {
            return true;
        }
        return script.mode() == Script.Mode.TEXT
                ? held == null // else the response has status 500
                : script.route().isExitStrict() && parser.status() < 400;
    }

    @Override
    public void deadlinePassed(long nowNs) {
        super.deadlinePassed(nowNs);
        flow.close();
        exchange.respondError(504);
        endOutput();
    }

    @Override
    void abandoned() {
        over = true;
        flow.close();
        if (exited) {
            dropLateOutput();
        } else {
            endOutput();
            terminate();
        }
    }
}
