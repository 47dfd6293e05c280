package caffeine.server.sequential;

import caffeine.server.blocking.ClientThreads;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The thread that serves one connection after another. Output that comes later than in answer to a
 * read, such as that of a script, is written by a second thread: the first waits for input, and so
 * sees the end of its client.
 */
final class OneThread implements ClientThreads {

    private final ThreadPoolExecutor connections = thread("sequential");
    private final ThreadPoolExecutor outputs = thread("sequential-output");

    private static ThreadPoolExecutor thread(String name) {
        return new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name(name).daemon().factory());
    }

    /** Early: a thread needs memory, of which there may be none later. */
    @Override
    public void start() {
        connections.prestartAllCoreThreads();
        outputs.prestartAllCoreThreads();
    }

    @Override
    public void serve(Runnable connection) {
        connections.execute(connection);
    }

    @Override
    public void write(Runnable output) {
        outputs.execute(output);
    }

    @Override
    public void close() {
        connections.shutdown();
        outputs.shutdown();
    }
}
