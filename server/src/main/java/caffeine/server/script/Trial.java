package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.http.IpAddress;
import caffeine.http.cgi.MetaVariables;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.http.h1.WholeResponse;
import caffeine.http.websocket.CloseCode;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.Http1;
import caffeine.server.core.MemoryTransport;
import caffeine.server.core.Protocol;
import caffeine.server.core.ServerEvents;
import caffeine.server.file.FileCaches;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SlotCount;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * One request, answered by one script, by the server's own classes: a handler that keeps what the
 * script is given, what it writes and how it ends, beside a client in memory.
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

    private static final int HEAD_LIMIT_BYTES = 64 * 1024;

    /** What follows is WebSocket. */
    private static final int SWITCHED = 101;

    private static final String REDIRECT = "no script at the address of a local redirect";

    private final ServerOptions options;
    private final EventLoop loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
    private final Events events = new Events();
    private final Client client;
    private final Watched handler;
    private final List<String> said = new ArrayList<>();
    private final Set<String> faults = new LinkedHashSet<>();
    private final Timer end = Timer.of(this::endWhenDone);
    private byte[] messages = {};
    private boolean answered;

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
     * @param closeCode of a WebSocket connection, how it ended; 0: it was none
     * @param output the first {@link #KEPT_BYTES} of its standard output, a character for each byte
     * @param outputBytes the length of its whole output
     * @param answer the response that the client gets, a character for each byte
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
            int closeCode,
            List<String> faults) {}

    /**
     * Prepares a trial.
     *
     * @throws IOException when the scripts' folder cannot be opened; the message is for the user
     */
    public Trial(ServerOptions options) throws IOException {
        this.options = options;
        this.client = new Client(options.bind());
        try {
            this.handler = new Watched(options);
        } catch (UncheckedIOException e) {
            loop.close();
            throw e.getCause();
        }
    }

    /**
     * Whether the script at an address talks WebSocket: then the request is an opening handshake.
     *
     * @param target the request target, such as {@code /ws/count?from=1}
     */
    public boolean speaksWebSocket(String target) {
        int mark = target.indexOf('?');
        return handler.speaksWebSocket(mark < 0 ? target : target.substring(0, mark));
    }

    /**
     * Sends the request, and waits until the script has ended and the server has answered. Once.
     *
     * @param request head and content, as a client sends them
     */
    public Result run(byte[] request) {
        return run(request, messages);
    }

    /**
     * Sends an opening handshake and then messages. Closes the connection when the script has been
     * silent for {@link RouteSetting#OUTPUT_QUIET}, or after five times that. Once.
     *
     * @param request the head of the opening handshake
     * @param following a text message in each line; or one binary message, where those of the
     *     script are binary
     */
    public Result run(byte[] request, byte[] following) {
        messages = following;
        handler.contentBytes = following.length > 0 ? following.length : -1;
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
        return handler.result();
    }

    /** Ends a running script; from any thread. */
    public void cancel() {
        int running = pid;
        if (running > 0) {
            Processes.killGroup(running, Processes.SIGKILL);
        }
    }

    @Override
    public void close() {
        handler.close();
        loop.close();
    }

    /** Processes that hold the output of an ended script may continue to write for a while. */
    private void endWhenDone() {
        if (!answered || !handler.isIdle()) {
            return;
        }
        long quietAtNs = handler.quietAtNs();
        if (quietAtNs <= loop.nowNs()) {
            loop.stop();
        } else {
            loop.timers().schedule(end, quietAtNs);
        }
    }

    /** Takes the answer at once, and has no socket to lend. */
    private final class Client extends MemoryTransport {
        private final @Nullable InetSocketAddress local;

        /** After an upgrade. */
        private @Nullable TrialSocket socket;

        /**
         * @param bind where the client would have connected to
         */
        Client(SocketAddress bind) {
            this.local = bind instanceof InetSocketAddress inet ? inet : null;
        }

        @Override
        public long unsentBytes() {
            return 0;
        }

        @Override
        public void upgrade(Protocol next) {
            super.upgrade(next);
            ScriptRoute route = handler.route();
            TrialSocket opened =
                    new TrialSocket(loop, next, route.outputQuietNs(), handler::lastOutputNs);
            socket = opened;
            loop.later(() -> opened.begin(messages, route.isWebSocketBinary()));
        }

        /** Not within this call: the client may answer. */
        @Override
        public void send(byte[] bytes, int from, int to) {
            TrialSocket open = socket;
            if (open == null) {
                super.send(bytes, from, to);
            } else {
                byte[] copy = Arrays.copyOfRange(bytes, from, to);
                loop.later(() -> open.received(copy));
            }
        }

        /** How a WebSocket connection has ended; 0 for another connection. */
        int closeCode() {
            TrialSocket opened = socket;
            return opened == null ? 0 : opened.closeCode();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public ClientAddress client() {
            return local == null ? ClientAddress.UNIX : super.client();
        }

        @Override
        public String localHost() {
            return local == null ? "localhost" : IpAddress.host(local.getAddress().getAddress());
        }

        @Override
        public int localPort() {
            return local == null ? 0 : local.getPort();
        }

        @Override
        public void close() {
            super.close();
            closed();
        }

        @Override
        public void reset() {
            closed();
            super.reset();
        }

        private void closed() {
            answered = true;
            endWhenDone();
        }

        /** All that was sent, also before a reset. */
        String answer() {
            take(Integer.MAX_VALUE);
            return taken();
        }
    }

    /** The log of the server. */
    private final class Events implements ServerEvents {
        @Override
        public void refused(ClientAddress from, int status, String section, String detail) {
            if (!detail.equals(REDIRECT)) { // else it has been told
                String what =
                        status < CloseCode.NORMAL
                                ? "the server answers "
                                : "the server closes the connection with ";
                faults.add(what + status + ": " + detail + " (" + section + ")");
            }
        }

        /** Failures to start are told by {@link #refused}. */
        @Override
        public void handlerFailed(String script, String detail) {
            if (handler.hasStarted() && !script.equals(ScriptHandler.NO_SCRIPT)) {
                faults.add(detail.startsWith("its ") ? detail : "it " + detail);
            }
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
        public boolean wantsExchanges() {
            return true;
        }

        @Override
        public void exchangeEnded(ExchangeReport report) {
            answered |= report.status() != SWITCHED;
            loop.later(Trial.this::endWhenDone);
        }
    }

    /** The server's handler, of which the steps of a run are kept. */
    private final class Watched extends ScriptHandler {
        private final List<String> environment = new ArrayList<>();
        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private @Nullable Script script;
        private String method = "";
        private Script.Mode dialect = Script.Mode.AUTO;
        private long contentBytes = -1;
        private long outputBytes;
        private String outcome = "";
        private long durationNs;
        private long lastOutputNs;
        private boolean refused;
        private boolean timedOut;

        /** A local redirect: what follows is another script's run, and no longer kept. */
        private boolean redirected;

        Watched(ServerOptions options) {
            super(
                    options,
                    Trial.this.loop,
                    contentPool(),
                    new SpoolBudget(options.limits().spoolTotalBytes(), 1),
                    new FileCaches(),
                    HandlerSlots.inProcess(1, SlotCount.of(options), _ -> {}).getFirst(),
                    Trial.this.events,
                    null,
                    Trial.this::endWhenDone);
        }

        boolean hasStarted() {
            return pid > 0 || !outcome.isEmpty();
        }

        @Override
        void launching(
                Script started, Exchange exchange, @Nullable String localTarget, long bytes) {
            if (redirected) {
                return;
            }
            script = started;
            dialect = started.mode();
            method = exchange.request().method();
            contentBytes = Math.max(contentBytes, bytes);
            for (byte[] variable : started.route().variables()) {
                environment.add(new String(variable, ISO_8859_1));
            }
            MetaVariables.write(
                    exchange.request(),
                    launcher().context(started, exchange, localTarget, bytes),
                    (name, value) -> environment.add(name + "=" + value));
        }

        @Override
        void started(ScriptProcess process) {
            super.started(process);
            pid = process.pid;
        }

        @Override
        void learn(Script of, Script.Mode shown) {
            dialect = redirected ? dialect : shown;
        }

        @Override
        Local resolveLocal(Exchange of, String path, String by) {
            redirected = true;
            try {
                return super.resolveLocal(of, path, by);
            } catch (HttpException e) {
                faults.add(
                        "it redirects to "
                                + path
                                + (e.status() == 400
                                        ? ", which is not an address: " + e.detail()
                                        : ", where no script and no file is"));
                throw new HttpException(e.status(), e.section(), REDIRECT);
            }
        }

        @Override
        void wrote(Script by, int count) {
            lastOutputNs = loop.nowNs();
            if (redirected) {
                return;
            }
            outputBytes += count;
            byte[] kept = new byte[Math.min(count, KEPT_BYTES - output.size())];
            pipeBytes().get(0, kept);
            output.writeBytes(kept);
        }

        @Override
        void outputRefused(Script by, int status, String detail) {
            refused = true;
            faults.add("the client would get " + status + ": " + detail);
        }

        @Override
        void timedOut(Script which, long afterNs) {
            timedOut = true;
            super.timedOut(which, afterNs);
        }

        @Override
        void exited(
                Script which, int process, @Nullable ExitStatus exit, boolean asked, long tookNs) {
            pid = 0;
            if (!redirected) {
                outcome = ScriptExchange.outcome(exit);
                durationNs = tookNs;
            }
            if (exit != null && !exit.isSuccess() && !asked) {
                faults.add("it failed: " + exit);
            }
        }

        ScriptRoute route() {
            return Objects.requireNonNull(script).route();
        }

        long lastOutputNs() {
            return lastOutputNs;
        }

        /** When the output of an ended script that others hold has been quiet for long enough. */
        long quietAtNs() {
            Script ran = script;
            return leftovers().isEmpty() || ran == null
                    ? loop.nowNs()
                    : lastOutputNs + ran.route().outputQuietNs();
        }

        Result result() {
            judge();
            return new Result(
                    script,
                    dialect,
                    environment,
                    contentBytes,
                    output.toString(ISO_8859_1),
                    outputBytes,
                    client.answer(),
                    said,
                    outcome,
                    durationNs,
                    client.closeCode(),
                    List.copyOf(faults));
        }

        /** The mistakes of an output that the server takes, as far as one run shows them. */
        private void judge() {
            Script ran = script;
            if (ran == null || outcome.isEmpty() || refused || !isResponse()) {
                return;
            }
            byte[] kept = output.toByteArray();
            ScriptResponseParser parser =
                    new ScriptResponseParser(
                            HEAD_LIMIT_BYTES, ran.isRawByName() || dialect == Script.Mode.DIRECT);
            try {
                int headBytes = parser.parse(kept, 0, kept.length);
                if (!parser.isComplete()) {
                    parser.end();
                }
                switch (parser.kind()) {
                    case RAW -> judgeWhole(kept);
                    case LOCAL_REDIRECT -> {} // judged when it was followed
                    case DOCUMENT, CLIENT_REDIRECT ->
                            judgeLength(parser.contentLength(), outputBytes - headBytes);
                }
            } catch (HttpException _) {
                // Of a direct script: the lines below say what is wrong with it.
                if (dialect == Script.Mode.DIRECT) {
                    judgeWhole(kept);
                }
            }
        }

        private boolean isResponse() {
            return dialect != Script.Mode.TEXT && dialect != Script.Mode.WEBSOCKET;
        }

        /** A response that reaches the client unchanged. */
        private void judgeWhole(byte[] kept) {
            if (!timedOut || outputBytes > 0) {
                boolean whole = !timedOut && kept.length == outputBytes;
                faults.addAll(WholeResponse.faults(method, kept, whole));
            }
        }

        private void judgeLength(long declared, long content) {
            boolean unknown = declared == ScriptResponseParser.NO_LENGTH || timedOut;
            if (unknown || method.equals("HEAD") || content == declared) {
                return;
            }
            faults.add(
                    "Content-Length says "
                            + declared
                            + ", but "
                            + content
                            + " bytes follow: "
                            + (content < declared
                                    ? "the client would be cut off"
                                    : "the rest would be dropped")
                            + "; count bytes, not characters, or leave it out");
        }
    }
}
