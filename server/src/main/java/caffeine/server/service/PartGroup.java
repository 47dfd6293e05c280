package caffeine.server.service;

import caffeine.server.ServerOptions;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SlotCount;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The parts of a start or of a reload: they were told the same, and share room, slots and logs.
 *
 * @param <P> what an engine's parts are
 */
public final class PartGroup<P extends Keeper.Part> {

    /** Makes one part. */
    public interface Maker<P> {
        /**
         * Makes it; it does not run yet.
         *
         * @param index its place among all, from 0
         */
        P make(int index, Logs logs, HandlerSlots slots, ProcessShare share);
    }

    private final ServerOptions server;
    private final Logs logs;
    private final Room room;
    private final List<P> all;
    private final AtomicInteger running;

    private PartGroup(ServerOptions server, Logs logs, Room room, List<P> all) {
        this.server = server;
        this.logs = logs;
        this.room = room;
        this.all = List.copyOf(all);
        this.running = new AtomicInteger(all.size());
    }

    /**
     * Makes all parts of a group.
     *
     * @param server with the address that is listened at
     * @param files what their logs are to be written to; stay the caller's
     * @param slotFreed told of a part for which a handler slot is free; from any thread
     * @throws StartException when there are no descriptors for them, or no folder to serve
     */
    public static <P extends Keeper.Part> PartGroup<P> make(
            ServerOptions server,
            int count,
            FileLimits limits,
            LogFiles files,
            Maker<P> maker,
            Consumer<P> slotFreed)
            throws StartException {
        Logs logs = Logs.open("server", server.log(), files);
        List<P> all = new ArrayList<>(count);
        try {
            List<HandlerSlots> slots =
                    HandlerSlots.inProcess(
                            count, SlotCount.of(server), part -> slotFreed.accept(all.get(part)));
            ProcessShare share =
                    ProcessShare.of(limits, count, server.limits().connections(), server.limits());
            for (int i = 0; i < count; i++) {
                all.add(maker.make(i, logs, slots.get(i), share));
            }
            return new PartGroup<>(server, logs, share.room(), all);
        } catch (RuntimeException e) {
            all.forEach(Keeper.Part::close);
            logs.close();
            throw new StartException("the server cannot start: " + reason(e));
        }
    }

    /** What a failure to begin comes down to. */
    public static String reason(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage());
    }

    /**
     * Starts a thread for each.
     *
     * @param name what a thread is called, before its number
     */
    public void start(Keeper keeper, String name) {
        for (int i = 0; i < all.size(); i++) {
            P part = all.get(i);
            new Thread(() -> run(part, keeper), name + "-" + (i + 1)).start();
        }
    }

    private void run(P part, Keeper keeper) {
        boolean asItShould = part.run();
        if (running.decrementAndGet() == 0) {
            logs.close();
        }
        keeper.partEnded(part, asItShould);
    }

    /** Releases what they have; for some that never ran. */
    public void close() {
        all.forEach(Keeper.Part::close);
        logs.close();
    }

    /** All parts, in their order. */
    public List<P> all() {
        return all;
    }

    /** Room for the clients of all. */
    public Room room() {
        return room;
    }

    /** How many clients of one address may be connected; 0: any number. */
    public int mostPerAddress() {
        return server.connectionsPerAddress();
    }

    /** What they were told. */
    public ServerOptions server() {
        return server;
    }

    /** Where they log. */
    Logs logs() {
        return logs;
    }

    /** Whether all have ended. From any thread. */
    boolean isOver() {
        return running.get() == 0;
    }
}
