package caffeine.server.prefork;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.FdPassing;
import caffeine.os.Sockets;
import caffeine.os.linux.EventFd;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Reserve;
import caffeine.server.socket.Listener;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Clients of a real listener, and workers that a test plays. */
@ExtendWith(NoLeaks.class)
class ClientPasserTest {

    private static final int CLIENTS = 100;

    private final ManualClock clock = new ManualClock();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    private final AddressCounts addresses = new AddressCounts();
    private final Reserve reserve = new Reserve();
    private final WorkerMessages messages = new WorkerMessages();
    private final MemorySegment memory = Arena.ofAuto().allocate(100_000);
    private final List<PlayedWorker> workers = new ArrayList<>();
    private final List<SocketChannel> clients = new ArrayList<>();
    private final List<Listener> listeners;
    private ClientPasser passer;

    ClientPasserTest() throws Exception {
        listeners = Listener.open(NetworkOptions.of(LoopBench.anyPort()));
        passer = passer(false);
    }

    private ClientPasser passer(boolean oneClientEach) {
        return new ClientPasser(
                loop,
                Log.toStandardError("test", LogLevel.WARN),
                listeners,
                messages,
                this::readiest,
                reserve,
                addresses,
                oneClientEach);
    }

    @AfterEach
    void close() throws Exception {
        for (SocketChannel client : clients) {
            client.close();
        }
        passer.close();
        workers.forEach(PlayedWorker::close);
        reserve.close();
        messages.close();
        loop.close();
    }

    private @Nullable WorkerProcess readiest(@Nullable WorkerProcess except) {
        return workers.stream()
                .map(worker -> worker.process)
                .filter(process -> process != except && process.credits() > 0)
                .max(Comparator.comparingInt(WorkerProcess::credits))
                .orElse(null);
    }

    private void connect(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            clients.add(SocketChannel.open(listeners.getFirst().address()));
        }
    }

    /** Turns until there is nothing to do. */
    private void turns() {
        while (loop.doWork(0) > 0) {
            // on
        }
    }

    private List<Integer> ports() throws Exception {
        List<Integer> ports = new ArrayList<>();
        for (SocketChannel client : clients) {
            ports.add(port(client));
        }
        return ports;
    }

    private static int port(SocketChannel client) throws Exception {
        return ((InetSocketAddress) client.getLocalAddress()).getPort();
    }

    private final class PlayedWorker implements WorkerProcess.Owner {
        final WorkerProcess process;
        final List<Integer> ports = new ArrayList<>();
        final List<Integer> messageSizes = new ArrayList<>();
        private final FdPassing passing = new FdPassing();
        private int messages;
        private int end;

        PlayedWorker(int credits) {
            int exit = EventFd.create(0, 0);
            process = new WorkerProcess(0, 4711, exit, 0, this, addresses, loop.poller());
            int[] ends = new int[2];
            assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
            end = ends[0];
            process.connected(ends[1]);
            workers.add(this);
            byte[] bytes = new byte[credits];
            Arrays.fill(bytes, Frames.READY);
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, credits);
            assertThat(Sockets.send(end, memory, 0, credits, 0)).isEqualTo(credits);
            turns();
        }

        /** Takes what it was passed. */
        void receive() {
            long count;
            while ((count = passing.receive(end, memory, 100_000, Sockets.MSG_DONTWAIT)) > 0) {
                messageSizes.add(passing.untaken());
                assertThat(count)
                        .isEqualTo(Frames.HEAD_BYTES + passing.untaken() * Frames.ADDRESS_BYTES);
                for (int i = 0; passing.untaken() > 0; i++) {
                    int fd = passing.takeFd();
                    long at = Frames.HEAD_BYTES + (long) i * Frames.ADDRESS_BYTES;
                    MemorySegment address = memory.asSlice(at, Frames.ADDRESS_BYTES);
                    InetSocketAddress told = Sockets.inetAddress(address);
                    assertThat(Sockets.peerAddress(fd)).isEqualTo(told);
                    ports.add(told.getPort());
                    Descriptors.close(fd);
                }
            }
        }

        void die() {
            Descriptors.close(end);
            end = -1;
        }

        void close() {
            if (end >= 0) {
                Descriptors.close(end);
            }
            passing.close();
            process.close();
        }

        @Override
        public void workerReady(WorkerProcess worker) {}

        @Override
        public void creditsCame(WorkerProcess worker) {}

        @Override
        public void clientsPassed(WorkerProcess worker) {
            messages++;
        }

        @Override
        public void workerExited(WorkerProcess worker, long nowNs) {}

        @Override
        public void workerBroken(WorkerProcess worker, Throwable mistake) {
            throw new AssertionError(mistake);
        }
    }

    @Test
    void passesSeveralClientsOfATurnWithOneMessage() throws Exception {
        PlayedWorker one = new PlayedWorker(CLIENTS);
        PlayedWorker other = new PlayedWorker(CLIENTS);
        connect(CLIENTS);
        passer.start();
        turns();
        one.receive();
        other.receive();
        List<Integer> passed = new ArrayList<>(one.ports);
        passed.addAll(other.ports);
        assertThat(passed).containsExactlyInAnyOrderElementsOf(ports());
        assertThat(one.ports).hasSize(CLIENTS / 2);
        assertThat(one.messageSizes.size() + other.messageSizes.size()).isLessThan(CLIENTS / 2);
        assertThat(one.process.credits()).isEqualTo(CLIENTS / 2);
    }

    /** A client alone does not wait for others. */
    @Test
    void passesOneClientAtOnce() throws Exception {
        PlayedWorker worker = new PlayedWorker(2);
        passer.start();
        connect(1);
        turns();
        worker.receive();
        assertThat(worker.messageSizes).containsExactly(1);
    }

    @Test
    void passesTheClientsOfAWorkerThatTakesNoneToAnother() throws Exception {
        PlayedWorker dead = new PlayedWorker(2 * CLIENTS);
        PlayedWorker other = new PlayedWorker(CLIENTS);
        connect(CLIENTS);
        passer.start();
        dead.die(); // its parent notices when it passes a client
        turns();
        other.receive();
        assertThat(other.ports).containsExactlyInAnyOrderElementsOf(ports());
        assertThat(other.process.credits()).isZero();
    }

    @Test
    void keepsClientsThatNoWorkerTakes() throws Exception {
        PlayedWorker dead = new PlayedWorker(CLIENTS);
        connect(10);
        passer.start();
        dead.die();
        turns();
        dead.process.drain();
        PlayedWorker fresh = new PlayedWorker(CLIENTS);
        passer.resume();
        clock.advance(1_000_000_000L);
        turns();
        fresh.receive();
        assertThat(fresh.ports).containsExactlyInAnyOrderElementsOf(ports());
    }

    @Test
    void passesNoMoreThanThereIsRoomFor() throws Exception {
        PlayedWorker worker = new PlayedWorker(7);
        connect(20);
        passer.start();
        turns();
        worker.receive();
        assertThat(worker.ports).hasSize(7);
        new PlayedWorker(20);
        passer.resume();
        turns();
        workers.getLast().receive();
        assertThat(workers.getLast().ports).hasSize(13);
    }

    @Test
    void passesAtTheEndThoseThatHaveConnected() throws Exception {
        PlayedWorker worker = new PlayedWorker(CLIENTS);
        passer.start();
        connect(10);
        passer.stop();
        worker.receive();
        assertThat(worker.ports).containsExactlyInAnyOrderElementsOf(ports());
    }

    @Test
    void keepsForTheNextWorkersWhatHasConnectedAtTheEnd() throws Exception {
        PlayedWorker worker = new PlayedWorker(1);
        passer = passer(true);
        passer.start();
        connect(3);
        passer.stop();
        worker.receive();
        assertThat(worker.ports).containsExactly(ports().getFirst());
        assertThat(worker.messages).isEqualTo(1);
        assertThat(passer.waiting()).isEqualTo(2);

        PlayedWorker next = new PlayedWorker(1);
        passer.resume();
        PlayedWorker last = new PlayedWorker(1);
        passer.resume();
        next.receive();
        last.receive();
        assertThat(next.ports).containsExactly(ports().get(1));
        assertThat(last.ports).containsExactly(ports().get(2));
        assertThat(passer.waiting()).isZero();
    }

    @Test
    void givesClientsThatAreGoneNoWorkerOfTheirOwn() throws Exception {
        passer = passer(true);
        connect(4);
        clients.get(0).setOption(StandardSocketOptions.SO_LINGER, 0).close(); // resets
        clients.get(1).close();
        clients.get(2).shutdownOutput();
        PlayedWorker worker = new PlayedWorker(4);
        passer.start();
        turns();
        worker.receive();
        assertThat(worker.ports).hasSize(1).containsExactly(port(clients.get(3)));
    }

    /** It may have asked before. */
    @Test
    void passesAClientThatHasEndedItsOutputAfterARequest() throws Exception {
        passer = passer(true);
        connect(1);
        clients.get(0).write(ByteBuffer.wrap(new byte[] {'G'}));
        clients.get(0).shutdownOutput();
        PlayedWorker worker = new PlayedWorker(4);
        passer.start();
        turns();
        worker.receive();
        assertThat(worker.ports).containsExactly(port(clients.get(0)));
    }
}
