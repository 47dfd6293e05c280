package caffeine.server.service;

import caffeine.os.Processes.FileLimit;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Handler;
import caffeine.server.file.FileCaches;
import caffeine.server.options.ServerLimits;
import caffeine.server.script.ScriptHandler;
import caffeine.server.script.SpoolBudget;
import caffeine.server.transport.TransportContext;

import org.jspecify.annotations.Nullable;

/**
 * Resources that the loops of one process share: descriptors and memory.
 *
 * @param loops the number of loops
 * @param room the limit of clients
 * @param scriptFileLimit the descriptor limit that scripts get; null for this process's own
 * @param unsent memory for unread output of slow clients
 * @param content memory for content on its way to scripts
 * @param spools the budget of files for slow clients
 * @param files the caches of files that are sent
 * @param handler the handler; null for the options' app
 */
public record ProcessShare(
        int loops,
        ConnectionLimit room,
        @Nullable FileLimit scriptFileLimit,
        SlabPool unsent,
        SlabPool content,
        SpoolBudget spools,
        FileCaches files,
        @Nullable Handler handler) {

    /** One client in this many may have a file, which leaves descriptors for clients. */
    private static final int CLIENTS_PER_SPOOL = 4;

    /**
     * The share of a process whose descriptor limit has been raised.
     *
     * @param connections the wanted number of clients
     * @param handler the handler; null for the options' app
     */
    public static ProcessShare of(
            FileLimits files,
            int loops,
            int connections,
            ServerLimits limits,
            @Nullable Handler handler) {
        int clients = files.clients(connections, limits.handlers(), loops);
        return new ProcessShare(
                loops,
                new ConnectionLimit(clients),
                files.before(),
                TransportContext.unsentPool(),
                ScriptHandler.contentPool(),
                new SpoolBudget(limits.spoolTotalBytes(), Math.ceilDiv(clients, CLIENTS_PER_SPOOL)),
                new FileCaches(),
                handler);
    }

    /** The same for an engine that serves one client at a time. */
    public ProcessShare oneAtATime() {
        return new ProcessShare(
                loops, room.oneAtATime(), scriptFileLimit, unsent, content, spools, files, handler);
    }

    /** Its users drain: memory is freed as soon as they release it. */
    void drain() {
        unsent.keepNothing();
        content.keepNothing();
    }
}
