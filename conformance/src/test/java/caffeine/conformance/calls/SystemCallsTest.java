package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.conformance.harness.Await;
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
import java.util.concurrent.TimeUnit;

/** What a request costs in system calls, which is what no other load on the machine changes. */
class SystemCallsTest {

    private static final String REQUEST = Requests.get("/");

    /** Its compiler and its memory: nothing that a request asks for, however often it comes. */
    private static final Set<String> OF_THE_JVM =
            Set.of("futex", "madvise", "mmap", "mprotect", "munmap", "rt_sigreturn", "sched_yield");

    private static final int MEASUREMENTS = 3;

    /** For the timers of two loops; most runs take a second, but a busy machine takes its time. */
    private static final int WAITS_A_SECOND = 4;

    private static final Server SERVER =
            Server.with("--engine", "sharded", "--threads", "2", "--app", "hello", "--port", "0")
                    .patient()
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

    /**
     * Requests cost each of so many reads and writes once, and nothing else that is ours. What they
     * cost they cost each time: a call that is missing in one of the measurements is the price of
     * something else, such as a class that was loaded meanwhile.
     */
    private static void assertCosts(int times, Runnable requests) {
        Set<String> others = new TreeSet<>();
        for (int i = 0; i < MEASUREMENTS; i++) {
            Map<String, Integer> calls;
            long begin = System.nanoTime();
            try (Strace strace = Strace.of(SERVER.pid(), "shard-")) {
                requests.run();
                calls = strace.counts();
            }
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin) + 1;
            assertThat(calls).containsEntry("recvfrom", times).containsEntry("sendto", times);
            assertThat(waits(calls))
                    .as("waits in " + calls)
                    .isLessThanOrEqualTo(times + 2 + WAITS_A_SECOND * (int) seconds);
            Set<String> these = new TreeSet<>(calls.keySet());
            these.removeIf(c -> c.equals("recvfrom") || c.equals("sendto") || isWait(c));
            these.removeAll(OF_THE_JVM);
            if (i == 0) {
                others.addAll(these);
            }
            others.retainAll(these);
        }
        assertThat(others).isEmpty();
    }

    private static List<Wire> open(int count) {
        return open(SERVER, count);
    }

    private static List<Wire> open(Server server, int count) {
        List<Wire> wires = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            wires.add(server.open());
        }
        return wires;
    }

    private static void ask(List<Wire> wires, int rounds) {
        for (int round = 0; round < rounds; round++) {
            for (Wire wire : wires) {
                wire.renew(Await.PATIENCE).send(REQUEST);
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
        assertCosts(rounds * wires.size(), () -> ask(wires, rounds));
        wires.forEach(Wire::close);
    }

    @Test
    void sixteenThatArriveTogetherAreOneReceiveAndOneSend() {
        int rounds = 200;
        try (Wire wire = SERVER.open()) {
            ask(List.of(wire), 10);
            assertCosts(rounds, () -> askTogether(wire, rounds));
        }
    }

    /** It receives and sends by what it waits with: no other call, and one for several requests. */
    @Test
    void manyRequestsOfUringAreFewCalls() {
        int rounds = 40;
        try (Server server =
                Server.with("--engine", "uring", "--threads", "1", "--app", "hello", "--port", "0")
                        .patient()
                        .start()) {
            assumeTrue(server.out().has("uring"), "this system refuses io_uring");
            List<Wire> wires = open(server, 64);
            ask(wires, 10);
            Map<String, Integer> calls;
            try (Strace strace = Strace.of(server.pid(), "ring-")) {
                ask(wires, rounds);
                calls = strace.counts();
            }
            wires.forEach(Wire::close);
            assertThat(calls).doesNotContainKeys("recvfrom", "sendto", "epoll_ctl");
            assertThat(calls.get("io_uring_enter"))
                    .as("in " + calls)
                    .isBetween(1, rounds * wires.size());
        }
    }

    private static void askTogether(Wire wire, int rounds) {
        int together = 16;
        for (int round = 0; round < rounds; round++) {
            wire.renew(Await.PATIENCE).send(REQUEST.repeat(together));
            for (int i = 0; i < together; i++) {
                assertThat(wire.response().status()).isEqualTo(200);
            }
        }
    }
}
