package caffeine.server.service;

import caffeine.os.Processes.FileLimit;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Handler;
import caffeine.server.options.ServerLimits;
import caffeine.server.script.ScriptHandler;
import caffeine.server.script.SpoolBudget;
import caffeine.server.transport.TransportContext;

import org.jspecify.annotations.Nullable;

/**
 * What the loops of one process have together: its descriptors and its memory.
 *
 * @param loops how many there are
 * @param room for their clients
 * @param scriptFileLimit the descriptor limit that scripts get; null for this process's own
 * @param unsent memory for what slow clients have not taken
 * @param content memory for content on its way to scripts
 * @param spools for what slow clients have not taken of scripts' responses
 * @param handler what answers; null for what the options name
 */
public record ProcessShare(
        int loops,
        ConnectionLimit room,
        @Nullable FileLimit scriptFileLimit,
        SlabPool unsent,
        SlabPool content,
        SpoolBudget spools,
        @Nullable Handler handler) {

    /** Of how many clients one may have a file of its own: so many descriptors are left. */
    private static final int CLIENTS_PER_SPOOL = 4;

    /**
     * The share of a process whose descriptor limit has been looked after.
     *
     * @param connections how many clients there should be room for
     */
    public static ProcessShare of(
            FileLimits files, int loops, int connections, ServerLimits limits) {
        int clients = files.clients(connections, limits.handlers(), loops);
        return new ProcessShare(
                loops,
                new ConnectionLimit(clients),
                files.before(),
                TransportContext.unsentPool(),
                ScriptHandler.contentPool(),
                new SpoolBudget(limits.spoolTotalBytes(), Math.ceilDiv(clients, CLIENTS_PER_SPOOL)),
                null);
    }

    /** Its users take no more clients: memory is given back as soon as they are done with it. */
    void leave() {
        unsent.keepNothing();
        content.keepNothing();
    }

    /** This share with another handler, null for what the options name. */
    public ProcessShare withHandler(@Nullable Handler newHandler) {
        return new ProcessShare(loops, room, scriptFileLimit, unsent, content, spools, newHandler);
    }
}
