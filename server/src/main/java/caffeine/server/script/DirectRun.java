package caffeine.server.script;

import caffeine.os.Descriptors;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.server.core.Exchange;
import caffeine.server.loop.Timer;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * A script whose standard output is the client's socket. The server keeps its copy of the socket
 * until the script and its process group have ended: {@code exec > >(gzip)} leaves a child that
 * continues to write. Then it ends the response, even if a process outside the group holds the
 * socket. For a silent group whose client has taken everything, it waits until {@code output-quiet}
 * is over.
 */
final class DirectRun extends ScriptRun {

    private static final long FIRST_LOOK_NS = 1_000_000;
    private static final long LAST_LOOK_NS = 100_000_000;

    private static final int NO_SIGNAL = 0;

    private final int socket;
    private @Nullable Group group;

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
        // The script writes to the client itself.
    }

    @Override
    void abandoned() {
        if (group != null) {
            handler.loop.timers().cancel(group);
        }
        terminate();
    }

    @Override
    void finish(@Nullable ExitStatus exit, long nowNs) {
        if (!wasEnded() && Processes.killGroup(pid(), NO_SIGNAL) >= 0) {
            Group left = new Group(pid(), nowNs);
            if (left.isRunning()) {
                group = left;
                left.lookAgain(nowNs);
                return;
            }
        }
        end();
    }

    private void end() {
        group = null;
        owner.over();
        if (exchange.takeBack() == 0 && !exchange.isDone()) {
            if (!timedOut()) {
                handler.events.handlerFailed(script.name(), "ended without having written a byte");
            }
            exchange.respondError(timedOut() ? 504 : 502);
        }
    }

    /**
     * The remaining processes of the script's group. No descriptor reports their end, so they are
     * polled at growing intervals.
     */
    private final class Group extends Timer {
        private final int pgid;
        private int[] members;
        private long intervalNs = FIRST_LOOK_NS;
        private long written = Sockets.bytesWritten(socket);
        private long lastNs;

        Group(int pgid, long nowNs) {
            this.pgid = pgid;
            this.members = new int[0];
            this.lastNs = nowNs;
        }

        /** kill(2) also finds zombies, which only their parent can remove. */
        boolean isRunning() {
            members =
                    Arrays.stream(members)
                            .filter(pid -> OutputHolders.runsInGroup(pid, pgid))
                            .toArray();
            if (members.length > 0) {
                return true;
            }
            int[] found = OutputHolders.group(pgid); // those that they have started
            if (found == null) {
                return Processes.killGroup(pgid, NO_SIGNAL) >= 0; // perhaps zombies only
            }
            members = found;
            return found.length > 0;
        }

        void lookAgain(long nowNs) {
            handler.loop.timers().schedule(this, nowNs + intervalNs);
            intervalNs = Math.min(2 * intervalNs, LAST_LOOK_NS);
        }

        @Override
        protected void expired(long nowNs) {
            if (!isRunning()) {
                end();
                return;
            }
            long now = Sockets.bytesWritten(socket);
            if (now != written || Descriptors.unacknowledged(socket) > 0) {
                written = now;
                lastNs = nowNs; // bytes flow, or wait for the client
            }
            if (nowNs - lastNs >= script.route().outputQuietNs()) {
                logQuietEnd(OutputHolders.of(members));
                end();
            } else if (handlerNs > 0 && nowNs - startNs() >= handlerNs) {
                handler.events.handlerFailed(
                        script.name(),
                        "has ended, but what it left was still writing after "
                                + handlerNs / 1_000_000
                                + " ms ("
                                + Setting.HANDLER_TIMEOUT
                                + "); its response was ended");
                end();
            } else {
                lookAgain(nowNs);
            }
        }

        @Override
        protected void broken(Throwable mistake) {
            owner.over();
            exchange.broken("script", mistake);
        }
    }
}
