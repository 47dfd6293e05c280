package caffeine.server.script;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.websocket.OpeningHandshake;
import caffeine.os.ExitStatus;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Transport;

import org.jspecify.annotations.Nullable;

/**
 * One request that a script answers: its content on the way in, a place in the queue, then a run,
 * and after a local redirect another one.
 *
 * <pre>
 *   CONTENT ──end──▶ WAITING ──slot──▶ RUNNING ──exit──▶ OVER
 *                       ▲                 │ local redirect
 *                       └─────────────────┘
 * </pre>
 */
final class ScriptExchange implements ExchangeListener {

    private static final int MAX_LOCAL_REDIRECTS = 10;
    private static final long NO_CONTENT = -1;

    private enum State {
        CONTENT,
        WAITING,
        LENDING,
        RUNNING,
        OVER
    }

    private final ScriptHandler handler;
    private final Exchange exchange;
    private final ContentSpool content;

    /** The answer to an opening handshake; null for a request of another kind. */
    private final OpeningHandshake.@Nullable Accepted accepted;

    private Script script;
    private @Nullable String localTarget;
    private @Nullable ScriptRun run;

    /** Sends a file in place of the script's content; null before that. */
    private @Nullable ExchangeListener sender;

    private State state = State.CONTENT;
    private int redirects;

    ScriptExchange(
            ScriptHandler handler,
            Exchange exchange,
            Script script,
            OpeningHandshake.@Nullable Accepted accepted) {
        this.accepted = accepted;
        this.handler = handler;
        this.exchange = exchange;
        this.script = script;
        this.content = handler.newSpool();
    }

    ClientAddress client() {
        return exchange.client();
    }

    ScriptRoute route() {
        return script.route();
    }

    String scriptName() {
        return script.name();
    }

    /** Whether it waits for a slot: a WebSocket connection may keep its slot for days. */
    boolean mayWait() {
        return accepted == null;
    }

    // ---- what the exchange tells

    @Override
    public void content(byte[] bytes, int from, int to) {
        try {
            content.write(bytes, from, to);
        } catch (HttpException e) {
            handler.events.handlerFailed(script.name(), e.detail());
            throw e;
        }
    }

    @Override
    public void end() {
        state = State.WAITING;
        handler.admission.admit(this);
    }

    @Override
    public void writable() {
        ScriptRun current = run;
        ExchangeListener file = sender;
        if (file != null) {
            file.writable();
        } else if (state == State.LENDING) {
            fromQueue(this::launch);
        } else if (current != null) {
            current.writable();
        }
    }

    @Override
    public void abandoned() {
        State was = state;
        ExchangeListener file = sender;
        state = State.OVER;
        content.close();
        if (file != null) {
            file.abandoned();
        }
        switch (was) {
            case WAITING -> handler.admission.withdraw(this);
            case LENDING -> handler.admission.release(this);
            case RUNNING -> {
                ScriptRun current = run;
                if (current != null) {
                    current.abandoned();
                }
            }
            case CONTENT, OVER -> {}
        }
    }

    // ---- running

    /** Runs a step outside of the request's callbacks, where there is no caller to throw to. */
    void fromQueue(Runnable step) {
        try {
            step.run();
        } catch (HttpException e) {
            over();
            exchange.refuse(e);
        } catch (Throwable e) {
            over();
            exchange.broken("script", e);
        }
    }

    /**
     * Starts the script in a slot that is taken.
     *
     * @throws HttpException when it cannot be started; the slot is free again then
     */
    void launch() {
        boolean started = false;
        try {
            started = start();
        } finally {
            if (!started && state != State.LENDING) {
                handler.admission.release(this);
                state = State.OVER; // the slot is released once
            }
        }
    }

    private boolean start() {
        int socket = Transport.NO_DESCRIPTOR;
        if (script.mode() == Script.Mode.DIRECT) {
            socket = exchange.lend();
            if (socket == Transport.UNSENT) {
                state = State.LENDING;
                return false;
            }
        }
        ScriptRun created =
                accepted != null
                        ? new WebSocketRun(this, handler, exchange, script, accepted)
                        : socket >= 0
                                ? new DirectRun(this, handler, exchange, script, socket)
                                : new CgiRun(this, handler, exchange, script);
        created.start(localTarget, content);
        run = created;
        state = State.RUNNING;
        content.close();
        return true;
    }

    /**
     * The script answered with another address of this server (RFC 3875 §6.2.2): its script, or its
     * file, answers a GET without content in its place.
     */
    void redirect(String target) {
        run = null;
        try {
            if (++redirects > MAX_LOCAL_REDIRECTS) {
                handler.events.handlerFailed(
                        script.name(),
                        "redirects locally for more than " + MAX_LOCAL_REDIRECTS + " times");
                throw new HttpException(500, "RFC 3875 §6.2.2", "too many local redirects");
            }
            int mark = target.indexOf('?');
            String path = mark < 0 ? target : target.substring(0, mark);
            boolean isHead = exchange.request().method().equals("HEAD");
            ScriptHandler.Local local =
                    handler.resolveLocal(exchange, path, isHead ? "HEAD" : "GET");
            Script next = local.script();
            if (next == null) {
                sender = local.file();
                over();
                return;
            }
            script = next;
            localTarget = target;
            state = State.WAITING;
            handler.admission.admit(this);
        } catch (HttpException e) {
            over();
            exchange.refuse(e);
        }
    }

    /**
     * The script has left the sending of a file to the server.
     *
     * @param status and fields of its head
     */
    void sendFile(String name, int status, Fields fields) {
        over();
        run = null;
        try {
            sender = handler.sendFile(exchange, script, name, status, fields);
        } catch (HttpException e) {
            exchange.refuse(e);
        }
    }

    /** The content length that a script gets. */
    static long contentBytes(
            Exchange exchange, @Nullable String localTarget, ContentSpool content) {
        boolean has = localTarget == null && exchange.request().contentLength() != NO_CONTENT;
        return has ? content.size() : NO_CONTENT;
    }

    void over() {
        state = State.OVER;
        content.close();
    }

    /** The description of an exit in the log. */
    static String outcome(@Nullable ExitStatus exit) {
        return exit == null ? "exit unknown" : exit.toString();
    }
}
