package caffeine.server.service;

import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.options.ServerOptions;
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
public final class ThreadGeneration<P extends Supervisor.ServingThread> implements AutoCloseable {

    /** Makes one part. */
    public interface Maker<P> {
        /**
         * Makes it; it does not run yet.
         *
         * @param index its place among all, from 0
         */
        P make(int index, Logs logs, HandlerSlots slots, ProcessShare share);
    }

    private final String threads;
    private final ServerOptions server;
    private final Logs logs;
    private final ConnectionLimit room;
    private final List<P> all;
    private final AtomicInteger running;
    private boolean started;

    private ThreadGeneration(
            String threads, ServerOptions server, Logs logs, ConnectionLimit room, List<P> all) {
        this.threads = threads;
        this.server = server;
        this.logs = logs;
        this.room = room;
        this.all = List.copyOf(all);
        this.running = new AtomicInteger(all.size());
    }

    /**
     * Makes all parts of a group.
     *
     * @param threads what their threads are called, before a number
     * @param server with the address that is listened at
     * @param files what their logs are to be written to; stay the caller's
     * @param slotFreed told of a part for which a handler slot is free; from any thread
     * @throws StartException when there are no descriptors for them, or no folder to serve
     */
    public static <P extends Supervisor.ServingThread> ThreadGeneration<P> make(
            String threads,
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
            return new ThreadGeneration<>(threads, server, logs, share.room(), all);
        } catch (Throwable e) {
            all.forEach(Supervisor.ServingThread::close);
            logs.close();
            throw StartException.of(e);
        }
    }

    /**
     * Starts a thread for each. When there is none to be had for one of them, all end.
     *
     * @throws StartException with the reason
     */
    public void start(Supervisor supervisor) throws StartException {
        started = true;
        for (int i = 0; i < all.size(); i++) {
            P part = all.get(i);
            try {
                new Thread(() -> run(part, supervisor), threads + "-" + (i + 1)).start();
            } catch (Throwable e) {
                all.subList(0, i).forEach(Supervisor.ServingThread::cut);
                all.subList(i, all.size()).forEach(Supervisor.ServingThread::close);
                closeLogsAfter(all.size() - i);
                throw StartException.of(e);
            }
        }
    }

    private void run(P part, Supervisor supervisor) {
        Throwable mistake = null;
        try {
            mistake = part.run();
        } catch (Throwable e) {
            mistake = e;
        } finally {
            closeLogsAfter(1);
            supervisor.threadEnded(part, mistake);
        }
    }

    private void closeLogsAfter(int ended) {
        if (running.addAndGet(-ended) == 0) {
            logs.close();
        }
    }

    /** Releases what they have, unless they were started. */
    @Override
    public void close() {
        if (!started) {
            all.forEach(Supervisor.ServingThread::close);
            logs.close();
        }
    }

    /** All parts, in their order. */
    public List<P> all() {
        return all;
    }

    /** ConnectionLimit for the clients of all. */
    public ConnectionLimit room() {
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
