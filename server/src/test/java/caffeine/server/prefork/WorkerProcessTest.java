package caffeine.server.prefork;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.FdPassing;
import caffeine.os.Files;
import caffeine.os.Sockets;
import caffeine.os.linux.EventFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.AddressCounts;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/** A worker that a test plays, as its parent sees it. */
@ExtendWith(NoLeaks.class)
class WorkerProcessTest {

    private static final InetAddress FOUR = InetAddress.ofLiteral("192.0.2.7");
    private static final InetAddress SIX = InetAddress.ofLiteral("2001:db8::7");

    private final EventLoop loop = new EventLoop(EpollPoller.open(), new ManualClock());
    private final AddressCounts addresses = new AddressCounts();
    private final Counting owner = new Counting();
    private final MemorySegment memory = Arena.ofAuto().allocate(10_000);
    private final FdPassing passing = new FdPassing();

    /** The worker's end of the channel, and what stands for its process: readable when it ends. */
    private int end;

    private int exit;
    private @Nullable WorkerProcess opened;

    private static final class Counting implements WorkerProcess.Owner {
        int ready;
        int credits;
        int exited;
        @Nullable Throwable broken;

        @Override
        public void workerReady(WorkerProcess worker) {
            ready++;
        }

        @Override
        public void creditsCame(WorkerProcess worker) {
            credits++;
        }

        @Override
        public void clientsPassed(WorkerProcess worker) {}

        @Override
        public void workerExited(WorkerProcess worker, long nowNs) {
            exited++;
        }

        @Override
        public void workerBroken(WorkerProcess worker, Throwable mistake) {
            broken = mistake;
        }
    }

    @BeforeEach
    void open() {
        exit = EventFd.create(0, 0);
        WorkerProcess started =
                new WorkerProcess(0, 4711, exit, 0, owner, addresses, loop.poller());
        int[] ends = new int[2];
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
        end = ends[0];
        started.connected(ends[1]);
        opened = started;
    }

    @AfterEach
    void close() {
        worker().close();
        Descriptors.close(end);
        loop.close();
    }

    private WorkerProcess worker() {
        return Objects.requireNonNull(opened);
    }

    private ParentChannel channel() {
        return new ParentChannel(
                end,
                new ParentChannel.Receiver() {
                    @Override
                    public void frame(byte type, byte[] payload, int fd) {}

                    @Override
                    public void parentGone() {}

                    @Override
                    public void broken(Throwable mistake) {
                        throw new AssertionError(mistake);
                    }
                });
    }

    private void turns() {
        while (loop.doWork(0) > 0) {
            // on
        }
    }

    private void say(byte... bytes) {
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        assertThat(Sockets.send(end, memory, 0, bytes.length, 0)).isEqualTo(bytes.length);
    }

    private static byte[] gone(InetAddress address) {
        byte[] bytes = new byte[Frames.GONE_BYTES];
        bytes[0] = Frames.GONE;
        byte[] raw = address.getAddress();
        System.arraycopy(raw, 0, bytes, bytes.length - raw.length, raw.length);
        if (raw.length == 4) {
            bytes[11] = -1;
            bytes[12] = -1;
        }
        return bytes;
    }

    @Nested
    class Saying {
        @Test
        void helloAndPongMakesItReadyOnce() {
            assertThat(channel().sendHello()).isZero();
            turns();
            assertThat(worker().isReady()).isFalse();
            say(Frames.READY, Frames.READY, Frames.PONG);
            turns();
            assertThat(worker().isReady()).isTrue();
            assertThat(worker().credits()).isEqualTo(2);
            say(Frames.PONG);
            turns();
            assertThat(owner.ready).isEqualTo(1);
            assertThat(owner.credits).isEqualTo(1);
        }

        @Test
        void creditsComeBackThroughMemoryWithoutAWord() {
            channel().sendHello();
            say(Frames.READY, Frames.PONG);
            turns();
            worker().tookClient(null);
            assertThat(worker().credits()).isZero();
            try (ReturnedCredits workers = workersCredits()) {
                assertThat(workers.add(3)).as("the parent waits").isFalse();
                assertThat(worker().credits()).isEqualTo(3);
                worker().drain();
                assertThat(worker().credits()).isZero();
            }
        }

        @Test
        void aParentThatWaitsForCreditsIsToldOnce() {
            channel().sendHello();
            say(Frames.PONG);
            turns();
            int told = owner.credits;
            try (ReturnedCredits workers = workersCredits()) {
                worker().returnedCredits().await();
                assertThat(workers.add(1)).isTrue();
                assertThat(workers.add(1)).isFalse();
            }
            say(Frames.RETURNED);
            turns();
            assertThat(owner.credits).isEqualTo(told + 1);
            assertThat(worker().credits()).isEqualTo(2);
        }

        private ReturnedCredits workersCredits() {
            int copy = Descriptors.dup(worker().returnedCredits().fd(), 3);
            assertThat(copy).isNotNegative();
            return ReturnedCredits.attach(copy);
        }

        @Test
        void nonsenseEndsThisWorkerAndNotItsParent() {
            channel().sendHello();
            say(Frames.READY, (byte) '?', Frames.READY);
            turns();
            assertThat(owner.broken).hasMessage("worker 4711 says 63");
            assertThat(worker().credits()).isZero();
            assertThat(worker().isConnected()).isFalse();
        }

        @Test
        void pongAnswersAllPings() {
            worker().pinged();
            worker().pinged();
            assertThat(worker().unansweredPings()).isEqualTo(2);
            channel().sendHello();
            say(Frames.PONG);
            turns();
            assertThat(worker().unansweredPings()).isZero();
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5})
        void anythingInAnyPiecesIsUnderstood(long seed) {
            Random random = new Random(seed);
            channel().sendHello();
            turns();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            int credits = 0;
            for (int i = 0; i < 500; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        all.write(Frames.READY);
                        credits++;
                    }
                    case 1 -> all.write(Frames.PONG);
                    default -> {
                        // The address's bytes may look like anything.
                        InetAddress address = random.nextBoolean() ? FOUR : SIX;
                        worker().tookClient(address);
                        all.writeBytes(gone(address));
                    }
                }
            }
            byte[] bytes = all.toByteArray();
            for (int from = 0; from < bytes.length; ) {
                int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
                say(Arrays.copyOfRange(bytes, from, to));
                from = to;
                if (random.nextBoolean()) {
                    turns();
                }
            }
            turns();
            assertThat(worker().credits()).isEqualTo(credits);
            assertThat(addresses.of(FOUR)).isZero();
            assertThat(addresses.of(SIX)).isZero();
        }

        @Test
        void whatTheWorkersChannelSaysIsWhatTheParentHears() throws Exception {
            channel().sendHello();
            worker().tookClient(FOUR);
            worker().tookClient(SIX);
            worker().tookClient(SIX);
            assertThat(addresses.of(SIX)).isEqualTo(2);
            channel().sendGone(FOUR);
            channel().sendGone(SIX);
            turns();
            assertThat(addresses.of(FOUR)).isZero();
            assertThat(addresses.of(SIX)).isEqualTo(1);
            assertThat(worker().credits()).isEqualTo(-1);
        }
    }

    @Nested
    class Credits {
        @Test
        void areSpentByClients() {
            channel().sendHello();
            say(Frames.READY, Frames.READY);
            turns();
            worker().tookClient(null);
            assertThat(worker().credits()).isEqualTo(1);
        }

        @Test
        void doNotCountWhileItDrains() {
            channel().sendHello();
            say(Frames.READY);
            turns();
            worker().drain();
            assertThat(worker().credits()).isZero();
        }
    }

    @Nested
    class Death {
        private void pass(byte type, byte[] payload, int fd) {
            byte[] frame = new byte[Frames.HEAD_BYTES + payload.length];
            frame[0] = type;
            frame[1] = (byte) payload.length;
            System.arraycopy(payload, 0, frame, Frames.HEAD_BYTES, payload.length);
            MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 0, frame.length);
            assertThat(worker().send(passing, memory, frame.length, fd)).isZero();
        }

        @Test
        void isTold() {
            EventFd.signal(exit, 1);
            loop.doWork(0);
            assertThat(owner.exited).isEqualTo(1);
        }

        @Test
        void takesItsClientsOffTheCounts() {
            addresses.add(FOUR);
            worker().tookClient(FOUR);
            worker().tookClient(FOUR);
            worker().tookClient(SIX);
            assertThat(addresses.of(FOUR)).isEqualTo(3);
            worker().close();
            assertThat(addresses.of(FOUR)).isEqualTo(1);
            assertThat(addresses.of(SIX)).isZero();
            Descriptors.close(end);
            open(); // for the end of the test
        }

        @Test
        void leavesTheClientsThatItHasNotRead() throws Exception {
            channel().sendHello();
            turns();
            int[] client = new int[2];
            assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, client)).isZero();
            int listener = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            assertThat(Sockets.bind(listener, any)).isZero();
            Sockets.localAddress(listener, memory);
            int length = Frames.ADDRESS_BYTES;
            byte[] address = memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            int slot = Files.memfdCreate("slot", 0);
            pass(Frames.SLOTS, new byte[0], slot);
            pass(Frames.CLIENTS, address, client[0]);
            pass(Frames.PING, new byte[0], -1);
            pass(Frames.CLIENTS, address, client[1]);
            List<WaitingClient> unread = worker().unreadClients();
            assertThat(unread).hasSize(2);
            for (WaitingClient waiting : unread) {
                assertThat(Sockets.inetAddress(waiting.address()))
                        .isEqualTo(Sockets.localAddress(listener));
                assertThat(Descriptors.close(waiting.fd())).isZero();
            }
            assertThat(worker().unreadClients()).isEmpty();
            Descriptors.close(client[0]);
            Descriptors.close(client[1]);
            Descriptors.close(slot);
            Descriptors.close(listener);
        }

        @Test
        void beforeItSaidHelloLeavesNone() {
            assertThat(worker().unreadClients()).isEmpty();
        }
    }
}
