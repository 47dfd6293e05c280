package caffeine.server.loop;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Tasks for the next turn of a loop, from other threads or from a callback that must not re-enter.
 */
final class TaskQueue {

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * Adds a task.
     *
     * @return false when the queue is closed, and the task will not run
     */
    boolean add(Runnable task) {
        if (closed) {
            return false;
        }
        tasks.add(task);
        // Closed in between: the closing thread runs the task, or this one takes it back.
        return !closed || !tasks.remove(task);
    }

    /** Takes no more tasks; those that are there can still be run. */
    void close() {
        closed = true;
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    /** Runs the present tasks; tasks that they add wait, so that sources get their turn. */
    int run() {
        int done = 0;
        for (int left = tasks.size(); left > 0; left--) {
            Runnable task = tasks.poll();
            if (task == null) {
                break;
            }
            task.run();
            done++;
        }
        return done;
    }
}
