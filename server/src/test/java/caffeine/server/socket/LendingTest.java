package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.ExitStatus;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Spawn;
import caffeine.os.StringArray;
import caffeine.server.core.Exchange;
import caffeine.server.core.Transport;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

/** A client's socket in the hands of another process. */
@ExtendWith(NoLeaks.class)
class LendingTest {

    private static final String GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    private final Answers answers = Answers.later();
    private final LoopBench bench = new LoopBench(TestOptions.defaults(), _ -> answers);
    private final Spawn spawn = new Spawn();
    private int nothing;

    @BeforeEach
    void open() {
        nothing = Files.open("/dev/null", Files.O_RDWR, 0);
    }

    @AfterEach
    void close() {
        bench.close();
        spawn.close();
        Descriptors.close(nothing);
    }

    private Exchange asked(BenchClient client, String request) {
        client.send(request);
        bench.until("it is asked", () -> !answers.asked.isEmpty());
        return answers.asked.getLast().exchange;
    }

    /** Starts a line of shell that writes to the client. */
    private int shell(int socket, String line) {
        StringArray argv = new StringArray();
        argv.add("sh");
        argv.add("-c");
        argv.add(line);
        StringArray envp = new StringArray();
        envp.addVariable("PATH", "/usr/bin:/bin");
        int pid = spawn.spawn(Files.path("/bin/sh"), argv, envp, null, nothing, socket, 2);
        assertThat(pid).isPositive();
        return pid;
    }

    private void untilExit(int pid) {
        long[] exit = {0};
        bench.until(
                "the process ends",
                () -> {
                    exit[0] = Processes.waitPid(pid, false);
                    return exit[0] != 0;
                });
        assertThat(ExitStatus.of(exit[0]).isSuccess()).isTrue();
    }

    @Nested
    class ToAProcess {
        @Test
        void itsBytesReachTheClientAndAreCounted() {
            BenchClient client = bench.connect();
            Exchange exchange = asked(client, GET);
            int pid = shell(exchange.lend(), "printf 'HTTP/1.1 200 OK\\r\\n\\r\\nhello'");
            untilExit(pid);
            assertThat(exchange.takeBack()).isEqualTo(24);
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello");
            assertThat(bench.events.exchanges).containsExactly("GET /a 1 0 24");
        }

        @Test
        void manyBytesReachASlowClientAtItsOwnSpeed() {
            BenchClient client = bench.connect(8 * 1024);
            Exchange exchange = asked(client, GET);
            int pid = shell(exchange.lend(), "head -c 3000000 /dev/zero");
            int received = 0;
            while (received < 3_000_000) {
                received += client.receive(Math.min(50_000, 3_000_000 - received)).length();
            }
            untilExit(pid);
            assertThat(exchange.takeBack()).isEqualTo(3_000_000);
            assertThat(client.untilEnd()).isEmpty();
        }

        /** The mode belongs to all who hold the socket: a script expects a blocking one. */
        @Test
        void findsItInBlockingMode() {
            BenchClient client = bench.connect(8 * 1024);
            Exchange exchange = asked(client, GET);
            int socket = exchange.lend();
            assertThat(Descriptors.getFlags(socket) & Descriptors.O_NONBLOCK).isZero();
            exchange.takeBack();
        }

        @Test
        void theEndIsToldAlthoughAChildStillHoldsTheSocket() {
            BenchClient client = bench.connect();
            Exchange exchange = asked(client, GET);
            int pid = shell(exchange.lend(), "echo early; sleep 1000 & echo $!");
            untilExit(pid);
            exchange.takeBack();
            List<String> lines = client.untilEnd().lines().toList();
            assertThat(lines.getFirst()).isEqualTo("early");
            int child = Integer.parseInt(lines.getLast());
            assertThat(Processes.kill(child, Processes.SIGKILL)).isZero();
        }

        @Test
        void unreadInputDoesNotDestroyItsAnswer() {
            for (int i = 0; i < 20; i++) {
                answers.asked.clear();
                BenchClient client = bench.connect();
                Exchange exchange = asked(client, GET);
                client.send("x".repeat(100_000));
                int pid = shell(exchange.lend(), "echo answer");
                untilExit(pid);
                assertThat(exchange.takeBack()).isEqualTo(7);
                assertThat(client.untilEnd()).isEqualTo("answer\n");
                client.close();
                bench.until("it is closed", () -> client.transport().isClosed());
            }
        }

        @Test
        void whatTheServerSentBeforeIsNotCounted() {
            BenchClient client = bench.connect();
            client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n");
            client.send("Expect: 100-continue\r\n\r\n");
            assertThat(client.receive(25)).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            client.send("hi");
            bench.until("it is complete", () -> answers.asked.getFirst().contentBytes == 2);
            Exchange exchange = answers.asked.getFirst().exchange;
            untilExit(shell(exchange.lend(), "printf 12345"));
            assertThat(exchange.takeBack()).isEqualTo(5);
            assertThat(client.untilEnd()).isEqualTo("12345");
        }

        @Test
        void thatWritesNothingLeavesTheAnswerToTheServer() {
            BenchClient client = bench.connect();
            Exchange exchange = asked(client, GET);
            untilExit(shell(exchange.lend(), "exit 0"));
            assertThat(exchange.takeBack()).isZero();
            exchange.respondError(502);
            assertThat(client.reply().status()).isEqualTo(502);
            assertThat(client.untilEnd()).isEmpty();
        }

        @Test
        void waitsForWhatTheServerHasStillToSend() {
            BenchClient client = bench.connect(8 * 1024);
            Exchange first = asked(client, GET + GET);
            byte[] big = new byte[2 << 20];
            answers.asked.getFirst().respond(big);
            assertThat(first.isDone()).isTrue();
            bench.turn();
            // The next request is taken up when there is room again.
            bench.until(
                    "the second is asked",
                    () -> {
                        client.receiveSome(16 * 1024);
                        return answers.asked.size() == 2;
                    });
            Exchange second = answers.asked.getLast().exchange;
            int[] writable = {0};
            answers.asked.getLast().onWritable = () -> writable[0]++;
            int socket = second.lend();
            if (socket == Transport.UNSENT) {
                bench.until(
                        "there is room",
                        () -> {
                            client.receive();
                            return writable[0] > 0;
                        });
                socket = second.lend();
            }
            assertThat(socket).isNotNegative();
            untilExit(shell(socket, "printf direct"));
            second.takeBack();
            assertThat(client.reply().content()).hasSize(big.length);
            assertThat(client.untilEnd()).isEqualTo("direct");
        }
    }

    @Nested
    class Meanwhile {
        @Test
        void nothingIsReadAndNoDeadlineRuns() {
            BenchClient client = bench.connect();
            Exchange exchange = asked(client, GET);
            exchange.lend();
            assertThat(client.transport().isRegistered()).isFalse();
            client.send(GET);
            bench.pass(3600);
            assertThat(bench.isQuiet()).isTrue();
            assertThat(answers.asked).hasSize(1);
            assertThat(client.transport().isClosed()).isFalse();
            exchange.takeBack();
        }

        @Test
        void nothingOfTheServersIsSent() {
            BenchClient client = bench.connect();
            Exchange exchange = asked(client, GET);
            exchange.lend();
            client.transport().send(new byte[] {1, 2, 3}, 0, 3);
            bench.turn();
            assertThat(client.receive()).isZero();
            exchange.takeBack();
        }
    }
}
