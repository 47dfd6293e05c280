package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;

/** A loop that a call of the kernel holds up is told of, also where it is one of a worker's. */
class BlockedLoopTest {

    /** Until strace ends: more than it takes to notice it, on a busy machine too. */
    private static final Duration DELAY = Duration.ofSeconds(60);

    @ParameterizedTest
    @CsvSource({"prefork, worker-1", "sharded, server"})
    void isAWarningWithItsStack(String engine, String process) {
        String size = engine.equals("prefork") ? "--workers=1" : "--threads=1";
        try (Server server =
                        Server.with("--engine", engine, size, "--app", "hello", "--port", "0")
                                .start();
                Wire wire = server.open()) {
            boolean ofWorkers = engine.equals("prefork");
            int pid = ofWorkers ? server.workers().getFirst() : server.pid();
            try (Strace _ = Strace.delay(pid, ofWorkers ? "" : "shard-", "sendto", DELAY)) {
                wire.send(Requests.get("/"));
                String line = server.log().await(" < caffeine.os.Sockets.send:");
                assertThat(line)
                        .contains(" WARN  " + process)
                        .containsPattern("loop: blocked for \\d{4,} ms by thread \\S+;")
                        .containsSubsequence(
                                " it is at ",
                                " < caffeine.os.Sockets.send:",
                                " < caffeine.server.loop.EventLoop.doWork:");
            }
            assertThat(wire.response().status()).isEqualTo(200); // what held it up is gone
            assertThat(server.log().matching("Sockets\\.send")).hasSize(1);
        }
    }
}
