package caffeine.server.script;

import caffeine.os.ExitStatus;
import caffeine.server.core.Exchange;

import org.jspecify.annotations.Nullable;

/**
 * A script whose standard output is the client's socket. The server keeps its copy of the socket
 * until the script has ended, and then ends the response, whoever else may hold it.
 */
final class DirectRun extends ScriptRun {

    private final int socket;

    DirectRun(
            ScriptExchange owner,
            ScriptHandler handler,
            Exchange exchange,
            Script script,
            int socket) {
        super(owner, handler, exchange, script);
        this.socket = socket;
    }

    @Override
    void start(@Nullable String localTarget, ContentSpool content) {
        try {
            launch(localTarget, content, socket);
        } catch (Throwable e) {
            exchange.takeBack();
            throw e;
        }
    }

    @Override
    void writable() {
        // The script's writes are its own.
    }

    @Override
    void abandoned() {
        terminate();
    }

    @Override
    void finish(@Nullable ExitStatus exit, long nowNs) {
        owner.over();
        if (exchange.takeBack() == 0 && !exchange.isDone()) {
            if (!timedOut()) {
                handler.events.handlerFailed(script.name(), "ended without having written a byte");
            }
            exchange.respondError(timedOut() ? 504 : 502);
        }
    }
}
