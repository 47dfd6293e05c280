package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.server.core.ServerEvents;
import caffeine.server.slots.HandlerSlots;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs scripts of requests as slots become free: a slot of the route, if the route has its own, and
 * then one of the server. A request waits for one of the two at a time, in this order, so that two
 * requests never wait for each other, and a request of a full route takes no slot that others need.
 *
 * <pre>
 *   admit ─▶ [route's queue] ──slot──▶ [server's queue] ──slot──▶ launch
 * </pre>
 */
final class Admission {

    private final ServerEvents events;
    private final Line server;
    private final List<Line> routes = new ArrayList<>();

    /** Slots, and the requests that wait for one. */
    private static final class Line {
        final HandlerSlots slots;
        final ArrayDeque<ScriptExchange> waiting = new ArrayDeque<>();

        Line(HandlerSlots slots) {
            this.slots = slots;
        }

        /** Requests that have a slot now. All are removed before the first runs. */
        List<ScriptExchange> takeFreed() {
            List<ScriptExchange> admitted = new ArrayList<>();
            for (int free = slots.takeFreed(); free > 0; free--) {
                admitted.add(waiting.remove());
            }
            return admitted;
        }

        boolean withdraw(ScriptExchange request) {
            boolean removed = waiting.remove(request);
            if (removed) {
                slots.dequeue();
            }
            return removed;
        }
    }

    Admission(HandlerSlots slots, ServerEvents events) {
        this.events = events;
        this.server = new Line(slots);
        slots.routes().forEach(each -> routes.add(new Line(each)));
    }

    private @Nullable Line own(ScriptExchange request) {
        int number = request.route().slots();
        return number == ScriptRoute.SERVERS_SLOTS ? null : routes.get(number);
    }

    /**
     * Starts a request's script now, or when there is a slot.
     *
     * @throws HttpException 503 when too many wait already
     */
    void admit(ScriptExchange request) {
        Line own = own(request);
        if (own == null || own.slots.tryAcquire()) {
            admitToServer(request);
        } else if (request.mayWait() && own.slots.tryEnqueue()) {
            own.waiting.add(request);
        } else {
            throw refused(request, "max-queue");
        }
    }

    /** It has a slot of its route, which is released when the server has no place in the queue. */
    private void admitToServer(ScriptExchange request) {
        if (server.slots.tryAcquire()) {
            request.launch();
        } else if (request.mayWait() && server.slots.tryEnqueue()) {
            server.waiting.add(request);
        } else {
            releaseOwn(request);
            throw refused(request, "max-queue");
        }
    }

    private HttpException refused(ScriptExchange request, String limit) {
        String name = request.mayWait() ? limit : "max-handlers";
        events.limitReached(request.client(), name, "503 for " + request.scriptName());
        return new HttpException(503, "RFC 9110 §15.6.4", "too many requests wait for a script");
    }

    /** A waiting request is cancelled. */
    void withdraw(ScriptExchange request) {
        Line own = own(request);
        if (server.withdraw(request)) {
            releaseOwn(request);
        } else if (own != null) {
            own.withdraw(request);
        }
    }

    /** A request releases its slots. */
    void release(ScriptExchange request) {
        server.slots.release();
        releaseOwn(request);
    }

    private void releaseOwn(ScriptExchange request) {
        Line own = own(request);
        if (own != null) {
            own.slots.release();
        }
    }

    /** Some slot is free for this loop: requests that wait may run. */
    void slotFreed() {
        // The server's first: it also ends the wake-up for those of the routes.
        List<ScriptExchange> ready = server.takeFreed();
        List<ScriptExchange> ofRoutes = new ArrayList<>();
        for (Line route : routes) {
            ofRoutes.addAll(route.takeFreed());
        }
        ready.forEach(request -> request.fromQueue(request::launch));
        ofRoutes.forEach(request -> request.fromQueue(() -> admitToServer(request)));
    }
}
