package caffeine.server.testing;

import caffeine.os.Processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long each thread of this process and of its children has run (proc_pid_stat(5)), without
 * those that compile.
 */
public final class ThreadTimes {

    /** A hundredth of a second, which is what the kernel tells programs in (sysconf(3)). */
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final long atNs = System.nanoTime();
    private final Map<String, Long> busyNs = new HashMap<>();

    private ThreadTimes() {}

    public static ThreadTimes now() {
        ThreadTimes times = new ThreadTimes();
        int self = Processes.getpid();
        times.add(self);
        for (int child : Processes.children(self)) {
            times.add(child);
        }
        return times;
    }

    private void add(int pid) {
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                addThread(thread);
            }
        } catch (NoSuchFileException _) {
            // A process that has ended meanwhile.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void addThread(Path thread) throws IOException {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
            if (!name.startsWith("C1 ") && !name.startsWith("C2 ")) {
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                busyNs.put(name + " " + thread.getFileName(), ticks * TICK_NS);
            }
        } catch (IOException e) {
            if (Files.exists(thread)) {
                throw e;
            }
        }
    }

    /** The busiest part of a time that a thread has run since; 1 is all the time. */
    public double busiestSince(ThreadTimes before) {
        long most = 0;
        for (Map.Entry<String, Long> thread : busyNs.entrySet()) {
            long earlier = before.busyNs.getOrDefault(thread.getKey(), 0L);
            most = Math.max(most, thread.getValue() - earlier);
        }
        return (double) most / (atNs - before.atNs);
    }
}
