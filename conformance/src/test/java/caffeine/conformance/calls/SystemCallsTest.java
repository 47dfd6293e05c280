package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a request costs in system calls, which is what no other load on the machine changes. */
class SystemCallsTest {

    private static final String REQUEST = Requests.get("/");

    /** Its compiler and its memory: less and less of them, and nothing that a request asks for. */
    private static final Set<String> OF_THE_JVM =
            Set.of("futex", "madvise", "mmap", "mprotect", "munmap", "rt_sigreturn", "sched_yield");

    private static final Server SERVER =
            Server.with("--engine", "sharded", "--threads", "2", "--app", "hello", "--port", "0")
                    .start();

    @AfterAll
    static void close() {
        SERVER.close();
    }

    /** What a loop waits in (man 2 epoll_wait); C libraries and kernels differ in the name. */
    private static boolean isWait(String call) {
        return call.startsWith("epoll_") && call.contains("wait");
    }

    private static int waits(Map<String, Integer> calls) {
        return calls.entrySet().stream()
                .filter(call -> isWait(call.getKey()))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    /** Each of so many reads and writes made once, and nothing else that is ours. */
    private static void assertCosts(int times, Map<String, Integer> calls) {
        assertThat(calls).containsEntry("recvfrom", times).containsEntry("sendto", times);
        assertThat(waits(calls)).as("waits in " + calls).isLessThanOrEqualTo(times + 2);
        Set<String> others = new TreeSet<>(calls.keySet());
        others.removeAll(OF_THE_JVM);
        others.removeIf(call -> call.equals("recvfrom") || call.equals("sendto") || isWait(call));
        assertThat(others).isEmpty();
    }

    private static List<Wire> open(int count) {
        List<Wire> wires = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            wires.add(SERVER.open());
        }
        return wires;
    }

    private static void ask(List<Wire> wires, int rounds) {
        for (int round = 0; round < rounds; round++) {
            for (Wire wire : wires) {
                wire.send(REQUEST);
            }
            for (Wire wire : wires) {
                assertThat(wire.response().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void aKeptAliveRequestIsOneReceiveAndOneSend() {
        int rounds = 40;
        List<Wire> wires = open(32);
        ask(wires, 10);
        Map<String, Integer> calls;
        try (Strace strace = Strace.of(SERVER.pid(), "shard-")) {
            ask(wires, rounds);
            calls = strace.counts();
        }
        wires.forEach(Wire::close);
        int requests = rounds * 32;
        assertCosts(requests, calls);
    }

    @Test
    void sixteenThatArriveTogetherAreOneReceiveAndOneSend() {
        int rounds = 200;
        int together = 16;
        try (Wire wire = SERVER.open()) {
            ask(List.of(wire), 10);
            Map<String, Integer> calls;
            try (Strace strace = Strace.of(SERVER.pid(), "shard-")) {
                for (int round = 0; round < rounds; round++) {
                    wire.send(REQUEST.repeat(together));
                    for (int i = 0; i < together; i++) {
                        assertThat(wire.response().status()).isEqualTo(200);
                    }
                }
                calls = strace.counts();
            }
            assertCosts(rounds, calls);
        }
    }
}
