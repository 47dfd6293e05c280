package caffeine.os;

import org.jspecify.annotations.Nullable;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Reads the children of a process from {@code /proc/<pid>/task/<tid>/children} (man 5 proc). */
final class ChildList {
    private int[] pids = new int[16];
    private int count;

    private ChildList() {}

    static int[] of(int pid) {
        String tasks = "/proc/".concat(Integer.toString(pid)).concat("/task");
        @Nullable String[] threads = new File(tasks).list();
        if (threads == null) {
            return new int[0];
        }
        ChildList list = new ChildList();
        for (String thread : threads) {
            list.read(tasks.concat("/").concat(thread).concat("/children"));
        }
        return Arrays.copyOf(list.pids, list.count);
    }

    /**
     * Adds the numbers of one file: {@code "12 345 "}. The file of a thread that ends is no loss.
     */
    private void read(String path) {
        try (FileInputStream in = new FileInputStream(path)) {
            int pid = 0;
            for (byte b : in.readAllBytes()) {
                if (b >= '0' && b <= '9') {
                    pid = 10 * pid + b - '0';
                } else if (pid != 0) {
                    add(pid);
                    pid = 0;
                }
            }
        } catch (IOException _) {
            return;
        }
    }

    private void add(int pid) {
        if (count == pids.length) {
            pids = Arrays.copyOf(pids, 2 * count);
        }
        pids[count++] = pid;
    }
}
