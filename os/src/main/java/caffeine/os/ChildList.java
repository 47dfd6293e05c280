package caffeine.os;

import org.jspecify.annotations.Nullable;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Reads the children of a process from {@code /proc/<pid>/task/<tid>/children} (man 5 proc). */
final class ChildList {
    private static final int MAX_SCANS = 10;

    private int[] pids = new int[16];
    private int count;

    private ChildList() {}

    /**
     * The children, ascending. When a thread ends, the kernel gives its children to another one,
     * which may have been read already: so it takes two scans that agree.
     */
    static int[] of(int pid) {
        int[] last = scan(pid);
        for (int i = 1; i < MAX_SCANS; i++) {
            int[] next = scan(pid);
            if (Arrays.equals(last, next)) {
                return next;
            }
            last = next;
        }
        return last;
    }

    private static int[] scan(int pid) {
        String tasks = "/proc/".concat(Integer.toString(pid)).concat("/task");
        @Nullable String[] threads = new File(tasks).list();
        if (threads == null) {
            return new int[0];
        }
        ChildList list = new ChildList();
        for (String thread : threads) {
            list.read(tasks.concat("/").concat(thread).concat("/children"));
        }
        int[] pids = Arrays.copyOf(list.pids, list.count);
        Arrays.sort(pids);
        return pids;
    }

    /** Adds the numbers of one file: {@code "12 345 "}. A thread that has ended has none. */
    private void read(String path) {
        byte[] content;
        try (FileInputStream in = new FileInputStream(path)) {
            content = in.readAllBytes();
        } catch (IOException _) {
            return;
        }
        int pid = 0;
        for (byte b : content) {
            if (b >= '0' && b <= '9') {
                pid = 10 * pid + b - '0';
            } else if (pid != 0) {
                add(pid);
                pid = 0;
            }
        }
        if (pid != 0) {
            add(pid);
        }
    }

    private void add(int pid) {
        if (count == pids.length) {
            pids = Arrays.copyOf(pids, 2 * count);
        }
        pids[count++] = pid;
    }
}
