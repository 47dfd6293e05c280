package caffeine.bench.soak;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.JvmAllocation;
import caffeine.bench.host.MemoryUse;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of a server at rest, after a full collection in each of its JVMs.
 *
 * @param heapKib what is alive on their heaps
 * @param anonymousKib of its processes: heaps, stacks, native memory
 * @param pssKib of its processes, with their part of what is shared
 * @param jvms how many there are
 */
record Footprint(long heapKib, long anonymousKib, long pssKib, int jvms) {
    private static final long TRIM_MS = 2_500;

    /** Of these servers, in their order. */
    static List<Footprint> of(List<SoakServer> servers, Cleanup cleanup)
            throws IOException, InterruptedException {
        List<Long> heaps = new ArrayList<>();
        for (SoakServer server : servers) {
            long heapKib = 0;
            for (long pid : server.own()) {
                heapKib += JvmAllocation.liveKib(cleanup, pid);
            }
            heaps.add(heapKib);
        }
        // Native memory that is free goes back to the kernel every two seconds.
        Thread.sleep(TRIM_MS);
        List<Footprint> footprints = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            footprints.add(of(servers.get(i), heaps.get(i)));
        }
        return footprints;
    }

    private static Footprint of(SoakServer server, long heapKib) throws IOException {
        List<Long> own = server.own();
        long anonymousKib = 0;
        long pssKib = 0;
        for (long pid : own) {
            MemoryUse use =
                    MemoryUse.of(pid)
                            .orElseThrow(() -> new IOException("process " + pid + " has gone"));
            anonymousKib += use.anonymousKib();
            pssKib += use.pssKib();
        }
        return new Footprint(heapKib, anonymousKib, pssKib, own.size());
    }
}
