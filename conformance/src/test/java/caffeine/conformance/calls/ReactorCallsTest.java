package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The system calls of {@code --engine reactor}: a client leaves the poller, and comes back. */
class ReactorCallsTest {

    private static final String REQUEST = Requests.get("/");
    private static final int REQUESTS = 20;
    private static final int STOPS = 20;

    /** For the timer that ticks each second, and what a busy machine adds. */
    private static final int WAITS_A_SECOND = 4;

    /**
     * Two threads wait, each again after a stop, a client and an answer; one that spins, thousands.
     */
    private static final int WAITS_A_STOP = 20;

    private static final Pattern CALL =
            Pattern.compile(
                    "(?:epoll_ctl\\(\\d+, EPOLL_CTL_(ADD|DEL|MOD), |(recvfrom|sendto)\\()(\\d+),");

    private static final Server SERVER =
            Server.with("--engine", "reactor", "--threads", "2", "--app", "hello", "--port", "0")
                    .patient()
                    .start();

    @AfterAll
    static void close() {
        SERVER.close();
    }

    private static void ask(Wire wire) {
        assertThat(wire.renew(Await.PATIENCE).send(REQUEST).response().status()).isEqualTo(200);
    }

    /** What was done with the descriptor that was read from. */
    private static List<String> callsOfTheClient(List<String> lines) {
        List<String> calls = new ArrayList<>();
        List<String> descriptors = new ArrayList<>();
        for (String line : lines) {
            Matcher call = CALL.matcher(line);
            if (call.find()) {
                calls.add(call.group(1) == null ? call.group(2) : call.group(1));
                descriptors.add(call.group(3));
            }
        }
        String client = descriptors.get(calls.indexOf("recvfrom"));
        List<String> own = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            if (descriptors.get(i).equals(client)) {
                own.add(calls.get(i));
            }
        }
        return own;
    }

    @Test
    void aClientIsRemovedBeforeItIsReadAndAddedAgainWhenItIsAnswered() {
        try (Wire wire = SERVER.open()) {
            ask(wire);
            List<String> lines;
            try (Strace strace =
                    Strace.list(SERVER.pid(), "reactor", "epoll_ctl,recvfrom,sendto")) {
                for (int i = 0; i < REQUESTS; i++) {
                    ask(wire);
                }
                lines = strace.lines();
            }
            List<String> expected = new ArrayList<>();
            Collections.nCopies(REQUESTS, List.of("DEL", "recvfrom", "sendto", "ADD"))
                    .forEach(expected::addAll);
            assertThat(callsOfTheClient(lines)).isEqualTo(expected);
        }
    }

    /** A process that continues after a stop has its waits interrupted (EINTR, man 7 signal). */
    @Test
    void anInterruptedWaitIsRepeatedAndDoesNotSpin() {
        try (Wire wire = SERVER.open()) {
            ask(wire);
            Map<String, Integer> calls;
            long begin = System.nanoTime();
            try (Strace strace = Strace.of(SERVER.pid(), "reactor")) {
                for (int i = 0; i < STOPS; i++) {
                    SERVER.signal("STOP").signal("CONT");
                    ask(wire);
                }
                calls = strace.counts();
            }
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin) + 1;
            int waits =
                    calls.entrySet().stream()
                            .filter(call -> call.getKey().matches("epoll_p?wait2?"))
                            .mapToInt(Map.Entry::getValue)
                            .sum();
            assertThat(waits)
                    .as("waits in " + calls)
                    .isLessThanOrEqualTo(WAITS_A_STOP * STOPS + WAITS_A_SECOND * (int) seconds);
        }
    }
}
