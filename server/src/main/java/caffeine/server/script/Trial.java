package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.http.cgi.MetaVariables;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.Handler;
import caffeine.server.core.Http1;
import caffeine.server.core.ServerEvents;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.Setting;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One request, answered by one script, as the server would do it: its parser reads the request, its
 * resolver finds the script, its launcher starts it. But the script's output comes here, with the
 * details of the run.
 *
 * <pre>{@code
 * try (Trial trial = new Trial(options)) {
 *     Trial.Result result = trial.run(request);
 * }
 * }</pre>
 */
public final class Trial implements AutoCloseable {

    /** How much of the output is kept; the rest is counted. */
    public static final int KEPT_BYTES = 1 << 20;

    private static final int PIPE_BYTES = 64 * 1024;
    private static final int HEAD_LIMIT_BYTES = 64 * 1024;
    private static final long SPOOL_MEMORY_BYTES = 16L << 20;

    private final ServerOptions options;
    private final EventLoop loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
    private final ScriptResolver resolver;
    private final ContentStore store =
            new ContentStore(ContentStore.defaultFolder(), SPOOL_MEMORY_BYTES);
    private final Events events = new Events();
    private final ScriptLauncher launcher;
    private final TrialTransport client;
    private final List<String> environment = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private final Set<String> faults = new LinkedHashSet<>();
    private @Nullable Run run;

    /** The running script, for {@link #cancel}; 0 when there is none. */
    private volatile int pid;

    /**
     * The result.
     *
     * @param script the script that ran; null when none did
     * @param mode the mode of its output; {@link Script.Mode#AUTO} only if its output did not
     *     decide
     * @param environment the script's variables, {@code NAME=value}
     * @param contentBytes how much content stood on its standard input; −1: none
     * @param output the first {@link #KEPT_BYTES} of its standard output, a character for each byte
     * @param outputBytes the length of its whole output
     * @param answer the server's own answer, a character for each byte
     * @param said the lines on its standard error
     * @param outcome how it ended: {@code exit 0}
     * @param durationNs how long it ran
     * @param faults the mistakes, a sentence each
     */
    public record Result(
            @Nullable Script script,
            Script.Mode mode,
            List<String> environment,
            long contentBytes,
            String output,
            long outputBytes,
            String answer,
            List<String> said,
            String outcome,
            long durationNs,
            List<String> faults) {}

    /**
     * Prepares a trial.
     *
     * @throws IOException when the scripts' folder cannot be opened; the message is for the user
     */
    public Trial(ServerOptions options) throws IOException {
        this.options = options;
        this.resolver = new ScriptResolver(options.scripts());
        this.launcher = new ScriptLauncher(options.scripts(), loop, events, null);
        this.client = new TrialTransport(options.bind(), this::answered);
    }

    /**
     * Sends the request, and waits until the script has ended or the server has answered. Once.
     *
     * @param request head and content, as a client sends them
     */
    public Result run(byte[] request) {
        Handler handler = this::begin;
        ConnectionContext context =
                new ConnectionContext(
                        options.limits(),
                        options.deadlines(),
                        handler,
                        events,
                        loop::nowNs,
                        Clock.SYSTEM::epochMillis);
        context.answerErrorsWith(options.errorPages());
        Http1 connection = new Http1(context, client, loop.nowNs());
        loop.execute(() -> connection.received(request, 0, request.length, loop.nowNs()));
        loop.run();
        launcher.close();
        return result();
    }

    /** Ends a running script; from any thread. */
    public void cancel() {
        int running = pid;
        if (running > 0) {
            Processes.killGroup(running, Processes.SIGKILL);
        }
    }

    private Result result() {
        Run ended = run;
        if (ended == null) {
            return new Result(
                    null,
                    Script.Mode.AUTO,
                    environment,
                    -1,
                    "",
                    0,
                    client.answer(),
                    said,
                    "",
                    0,
                    List.copyOf(faults));
        }
        ended.judge();
        return new Result(
                ended.script,
                ended.dialect(),
                environment,
                ended.contentBytes,
                ended.output.toString(ISO_8859_1),
                ended.outputBytes,
                client.answer(),
                said,
                ended.outcome,
                ended.durationNs,
                List.copyOf(faults));
    }

    @Override
    public void close() {
        resolver.close();
        store.close();
        loop.close();
    }

    private ExchangeListener begin(Exchange exchange) {
        return switch (resolver.resolve(exchange.request().target().rawPath())) {
            case Script script -> {
                script.route().check(exchange.request().method());
                Run started = new Run(exchange, script);
                run = started;
                yield started;
            }
            case Resolution.Redirect redirect -> {
                faults.add("this is a folder: clients are sent to " + redirect.path());
                yield new FolderRedirect(exchange, redirect);
            }
            case Resolution.Refusal refusal ->
                    throw new HttpException(refusal.status(), "RFC 3875 §3.2", refusal.detail());
        };
    }

    /** The server closes: without a script, that is the end. */
    private void answered() {
        Run current = run;
        if (current == null || !current.isRunning()) {
            loop.stop();
        }
    }

    /** The log of the server. */
    private final class Events implements ServerEvents {
        @Override
        public void refused(ClientAddress from, int status, String section, String detail) {
            faults.add("the server answers " + status + ": " + detail + " (" + section + ")");
        }

        @Override
        public void handlerSaid(String script, String line) {
            said.add(line);
        }

        @Override
        public void mistake(String component, Throwable mistake) {
            faults.add("a mistake in the server itself: " + mistake);
        }

        @Override
        public void exchangeEnded(ExchangeReport report) {
            answered();
        }
    }

    /** The script's run: its content, its output through a pipe, its time. */
    private final class Run implements ExchangeListener, ScriptProcess.Owner {
        final Script script;
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        long contentBytes = -1;
        long outputBytes;
        String outcome = "";
        long durationNs;

        private final Exchange exchange;
        private final String method;
        private final long handlerNs;
        private final ContentSpool content = new ContentSpool(store);
        private final @Nullable ScriptResponseParser parser;
        private @Nullable ScriptProcess process;
        private @Nullable Output pipe;
        private @Nullable ExitStatus exit;
        private final Timer quiet =
                new Timer() {
                    @Override
                    protected void expired(long nowNs) {
                        silent();
                    }
                };
        private boolean refused;
        private boolean timedOut;

        Run(Exchange exchange, Script script) {
            this.exchange = exchange;
            this.script = script;
            this.handlerNs = script.route().handlerNs(options.deadlines().handlerNs());
            this.method = exchange.request().method();
            this.parser =
                    script.mode() == Script.Mode.CGI || script.mode() == Script.Mode.AUTO
                            ? new ScriptResponseParser(HEAD_LIMIT_BYTES, script.isRawByName())
                            : null;
        }

        boolean isRunning() {
            return process != null;
        }

        Script.Mode dialect() {
            ScriptResponseParser head = parser;
            if (script.mode() != Script.Mode.AUTO || head == null || !head.isComplete()) {
                return script.mode();
            }
            return head.kind() == ScriptResponseParser.Kind.RAW
                    ? Script.Mode.DIRECT
                    : Script.Mode.CGI;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            content.write(bytes, from, to);
        }

        @Override
        public void end() {
            contentBytes = ScriptExchange.contentBytes(exchange, null, content);
            for (byte[] variable : script.route().variables()) {
                environment.add(new String(variable, ISO_8859_1));
            }
            MetaVariables.write(
                    exchange.request(),
                    launcher.context(script, exchange, null, contentBytes),
                    (name, value) -> environment.add(name + "=" + value));
            int[] ends = new int[2];
            ErrnoException.check("pipe2", Descriptors.pipe2(ends, 0));
            pipe = new Output(ends[0]);
            loop.poller().add(pipe, Source.READ);
            try {
                ScriptProcess started =
                        launcher.launch(
                                script,
                                exchange,
                                null,
                                contentBytes,
                                content.openForReading(),
                                ends[1],
                                this);
                process = started;
                pid = started.pid;
                restartDeadline();
            } finally {
                Descriptors.close(ends[1]);
                content.close();
            }
        }

        @Override
        public void abandoned() {
            content.close();
        }

        // ---- output

        private final class Output extends Source {
            private final MemorySegment buffer = Arena.ofAuto().allocate(PIPE_BYTES);
            private final ByteBuffer bytes = buffer.asByteBuffer();

            Output(int fd) {
                super(fd);
            }

            @Override
            protected void ready(int readiness, long nowNs) {
                if (!read()) {
                    shut();
                }
            }

            /** Reads once; false at the end. Called when there is input, so it never blocks. */
            boolean read() {
                long count = Descriptors.read(descriptor(), buffer, 0, PIPE_BYTES);
                if (count == -Errno.EINTR) {
                    return true;
                }
                if (count > 0) {
                    byte[] piece = new byte[(int) count];
                    bytes.get(0, piece);
                    received(piece);
                }
                return count > 0;
            }

            void shut() {
                loop.poller().remove(this);
                Descriptors.close(descriptor());
                pipe = null;
                if (hasEnded()) {
                    loop.stop();
                }
            }
        }

        private void received(byte[] bytes) {
            outputBytes += bytes.length;
            awaitMore();
            output.write(bytes, 0, Math.min(bytes.length, KEPT_BYTES - output.size()));
            ScriptResponseParser current = parser;
            if (current == null || refused) {
                return;
            }
            try {
                if (!current.isComplete()) {
                    current.parse(bytes, 0, bytes.length);
                }
                if (current.isComplete()) {
                    restartDeadline();
                }
            } catch (HttpException e) {
                refuse(e);
            }
        }

        /** As in the server, a script whose output is no CGI response is ended. */
        private void refuse(HttpException e) {
            refused = true;
            ScriptResponseParser head = parser;
            faults.add(
                    "the client would get "
                            + e.status()
                            + ": "
                            + (head == null ? e.detail() : CgiRun.refusal(e, head, script)));
            ScriptProcess current = process;
            if (current != null) {
                current.terminate();
            }
        }

        // ---- the end

        /** The script has ended, and the processes that hold its output are silent. */
        private void silent() {
            Output open = pipe;
            if (open != null) {
                faults.add(
                        "it has ended, and "
                                + OutputHolders.ofPipe(open.descriptor())
                                + " its output open: clients wait for more until "
                                + Setting.OUTPUT_QUIET
                                + " is over; redirect the output of background jobs");
                open.shut();
            }
        }

        private void restartDeadline() {
            ScriptProcess current = process;
            if (current != null && handlerNs > 0) {
                current.deadline(loop.nowNs() + handlerNs);
            }
        }

        @Override
        public void deadlinePassed(long nowNs) {
            timedOut = true;
            faults.add("it was ended after " + handlerNs / 1_000_000 + " ms (--handler-timeout)");
            ScriptProcess current = process;
            if (current != null) {
                current.terminate();
            }
        }

        @Override
        public void broken(Throwable mistake) {
            events.mistake("trial", mistake);
            cancel();
        }

        @Override
        public void exited(@Nullable ExitStatus status, long cpuNs, long nowNs) {
            pid = 0;
            exit = status;
            outcome = ScriptExchange.outcome(status);
            ScriptProcess ended = process;
            durationNs = ended == null ? 0 : nowNs - ended.startNs;
            if (pipe == null) {
                loop.stop();
            } else {
                awaitMore();
            }
        }

        /**
         * As in the server: processes that hold the output of an ended script may continue to
         * write.
         */
        private void awaitMore() {
            if (hasEnded()) {
                loop.timers().schedule(quiet, loop.nowNs() + script.route().outputQuietNs());
            }
        }

        private boolean hasEnded() {
            return process != null && pid == 0;
        }

        // ---- what to think of it

        private void judge() {
            ScriptResponseParser current = parser;
            if (!isRunning()) {
                return; // it was never started, which was already reported
            }
            TrialVerdict verdict =
                    new TrialVerdict(method, output.toByteArray(), outputBytes, timedOut);
            if (script.mode() == Script.Mode.DIRECT) {
                faults.addAll(verdict.ofWhole());
            } else if (current != null && !refused) {
                judge(current, verdict);
            }
            ExitStatus status = exit;
            if (status != null && !status.isSuccess() && !timedOut && !refused) {
                faults.add("it failed: " + status);
            }
        }

        private void judge(ScriptResponseParser head, TrialVerdict verdict) {
            try {
                head.end();
                faults.addAll(verdict.ofCgi(head, resolver));
            } catch (HttpException e) {
                if (!timedOut) {
                    refuse(e);
                }
            }
        }
    }
}
