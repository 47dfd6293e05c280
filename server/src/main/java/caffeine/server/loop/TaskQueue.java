package caffeine.server.loop;

import java.util.concurrent.ConcurrentLinkedQueue;

/** Work that other threads, or a callback that must not re-enter, leave for a loop's next turn. */
final class TaskQueue {

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    void add(Runnable task) {
        tasks.add(task);
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    /** Runs what is there now; what the tasks add waits, so that sources get their turn. */
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
