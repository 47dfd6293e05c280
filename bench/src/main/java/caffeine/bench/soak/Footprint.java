package caffeine.bench.soak;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.JvmAllocation;
import caffeine.bench.host.MemoryUse;

import java.io.IOException;

/**
 * The memory of a server at rest, after a full collection in each of its JVMs.
 *
 * @param heapKib what is alive on their heaps
 * @param anonymousKib of its processes: heaps, stacks, native memory
 * @param pssKib of its processes, with their part of what is shared
 * @param jvms how many there are
 */
record Footprint(long heapKib, long anonymousKib, long pssKib, int jvms) {

    static Footprint of(SoakServer server, Cleanup cleanup)
            throws IOException, InterruptedException {
        long heapKib = 0;
        long anonymousKib = 0;
        long pssKib = 0;
        int jvms = 0;
        for (long pid : server.own()) {
            heapKib += JvmAllocation.liveKib(cleanup, pid);
            jvms++;
        }
        // Native memory that is free goes back to the kernel every two seconds.
        Thread.sleep(TRIM_MS);
        for (long pid : server.own()) {
            MemoryUse use =
                    MemoryUse.of(pid)
                            .orElseThrow(() -> new IOException("process " + pid + " has gone"));
            anonymousKib += use.anonymousKib();
            pssKib += use.pssKib();
        }
        return new Footprint(heapKib, anonymousKib, pssKib, jvms);
    }

    private static final long TRIM_MS = 2_500;
}
