package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.os.Sockets;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What this poller does beyond the contract of all: it moves the bytes of sockets. */
class UringPollerTest {

    private static final int READ = Source.READ;
    private static final int LARGE = 64 * 1024;
    private static final int MANY = 2500;

    private final MemorySegment memory = Arena.ofAuto().allocate(LARGE);
    private final List<Integer> open = new ArrayList<>();
    private UringPoller poller = openedWhereAllowed();

    private static UringPoller openedWhereAllowed() {
        String obstacle = UringPoller.obstacle();
        assumeTrue(obstacle == null, () -> "this system refuses io_uring: " + obstacle);
        return UringPoller.open();
    }

    @BeforeEach
    void begin() {
        assertThat(poll()).isZero();
    }

    @AfterEach
    void close() {
        poller.close();
        open.forEach(Descriptors::close);
    }

    /** One end of two sockets, and what it has received. */
    private final class Client extends Source {
        final int other;
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
        int errno;
        long last;
        boolean takes = true;
        int most = LARGE;
        Runnable whenReady = () -> {};

        private Client(int fd, int other) {
            super(fd);
            this.other = other;
        }

        @Override
        protected Input input() {
            return Input.BYTES;
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (takes && (readiness & READ) != 0) {
                last = receive();
                if (last < 0 && last != -Errno.EAGAIN) {
                    errno = (int) -last;
                }
            }
            whenReady.run();
        }

        long receive() {
            long count = poller.receive(this, memory, most, 0);
            if (count > 0) {
                received.writeBytes(memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
            }
            return count;
        }

        @Override
        protected void unsent(ByteBuffer bytes, int from, int to, int reason) {
            byte[] copy = new byte[to - from];
            bytes.get(from, copy);
            unsent.writeBytes(copy);
            errno = reason;
        }

        String text() {
            return received.toString(StandardCharsets.US_ASCII);
        }

        void hears(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            MemorySegment copy = Arena.ofAuto().allocate(bytes.length);
            copy.copyFrom(MemorySegment.ofArray(bytes));
            assertThat(Sockets.send(other, copy, 0, bytes.length, 0)).isEqualTo(bytes.length);
        }
    }

    private Client client() {
        int[] ends = new int[2];
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
        open.add(ends[1]);
        return new Client(ends[0], ends[1]);
    }

    private Client watched() {
        Client client = client();
        assertThat(poller.add(client, READ)).isZero();
        return client;
    }

    private int poll() {
        poller.poll(0);
        return poller.dispatch(1);
    }

    private void closes(Client client) {
        poller.close(client);
        poll();
        assertThat(Descriptors.getDescriptorFlags(client.descriptor())).isEqualTo(-Errno.EBADF);
    }

    // ---- input

    @Test
    void receivesAgainAndAgain() {
        Client client = watched();
        for (int i = 0; i < 10; i++) {
            client.hears("abc");
            poll();
        }
        assertThat(client.text()).isEqualTo("abc".repeat(10));
        Descriptors.close(client.other);
        open.clear();
        poll();
        assertThat(client.last).as("the end of the input").isZero();
        closes(client);
    }

    @Test
    void keepsInputThatArrivesWhileItIsPaused() {
        Client client = watched();
        client.hears("a");
        poll();
        client.takes = false;
        client.hears("b");
        poll(); // not taken
        poller.modify(client, 0);
        client.hears("c");
        poll();
        client.takes = true;
        assertThat(client.text()).isEqualTo("a");
        poller.modify(client, READ);
        for (int i = 0; i < 3; i++) {
            poll();
        }
        assertThat(client.text()).isEqualTo("abc");
        closes(client);
    }

    @Test
    void hasNoRequestForADescriptorThatIsLentAndKeepsWhatHadArrived() {
        Client client = watched();
        client.hears("a");
        poll(); // from now on the request stays
        poll();
        client.hears("b");
        poller.poll(0); // has arrived, and is not dispatched
        poller.remove(client);
        client.hears("c");
        poll();
        assertThat(client.text()).isEqualTo("a");
        assertThat(Descriptors.available(client.descriptor())).as("for the borrower").isEqualTo(1);

        assertThat(client.receive()).isEqualTo(1);
        assertThat(client.text()).isEqualTo("ab");
        assertThat(poller.add(client, READ)).isZero();
        poll();
        assertThat(client.text()).isEqualTo("abc");
        closes(client);
    }

    @Test
    void takesWhatIsOnItsWayBeforeADrain() {
        Client client = watched();
        client.hears("a");
        poll();
        poll();
        client.hears("b");
        assertThat(client.receive()).isEqualTo(1);
        assertThat(client.receive()).isEqualTo(-Errno.EAGAIN);
        assertThat(client.text()).isEqualTo("ab");
        closes(client);
    }

    @Test
    void takesAPartOfWhatHasArrived() {
        Client client = watched();
        client.takes = false;
        client.hears("abc");
        poll();
        assertThat(poller.receive(client, memory, 1, 0)).isEqualTo(1);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'a');
        assertThat(client.receive()).isEqualTo(2);
        assertThat(client.text()).isEqualTo("bc");
        closes(client);
    }

    /** A completion of a source that is closed already gives its buffer back. */
    @Test
    void losesNoBufferToThoseWhoLeave() {
        for (int i = 0; i < 2000; i++) {
            Client client = watched();
            client.hears("abc");
            poller.poll(0);
            closes(client);
            Descriptors.close(client.other);
            open.clear();
        }
        Client client = watched();
        client.hears("abc");
        poll();
        assertThat(client.text()).isEqualTo("abc");
        closes(client);
    }

    @Test
    void receivesAllThoughTheBuffersRunOut() {
        int each = 128 * 1024;
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 24; i++) { // 3 MiB for 2 MiB of buffers
            Client client = watched();
            client.hears("x"); // the first request is for one reception
            clients.add(client);
        }
        poll();
        for (Client client : clients) {
            client.hears("y".repeat(each));
        }
        for (int i = 0; i < 100; i++) {
            poll();
        }
        assertThat(clients).allSatisfy(c -> assertThat(c.received.size()).isEqualTo(each + 1));
        assertThat(clients).as("it is not told to a client").allMatch(c -> c.errno == 0);
        clients.forEach(this::closes);
    }

    /** Its buffers are small: the order of what a system call receives behind them is kept. */
    @Test
    void receivesMuchInputInOrder() {
        Client client = watched();
        byte[] all = new byte[1 << 20];
        new Random(5).nextBytes(all);
        MemorySegment copy = Arena.ofAuto().allocate(all.length);
        copy.copyFrom(MemorySegment.ofArray(all));
        int sent = 0;
        for (int turn = 0; client.received.size() < all.length && turn < 10_000; turn++) {
            int most = Math.min(all.length - sent, 1 + 9973 * (turn % 20));
            long taken = Sockets.send(client.other, copy, sent, most, Sockets.MSG_DONTWAIT);
            assertThat(taken).isGreaterThanOrEqualTo(-Errno.EAGAIN);
            sent += (int) Math.max(0, taken);
            client.takes = turn % 7 != 0; // it is kept then
            client.most = turn % 3 == 0 ? 1000 : LARGE; // and a part of a buffer here
            poll();
        }
        assertThat(client.received.toByteArray()).isEqualTo(all);
        closes(client);
    }

    /** Bytes that were taken have the user data of requests without a source. */
    @Test
    void givesNoOneElsesBytesToASourceWithoutARequest() {
        List<Client> fresh = new ArrayList<>();
        Client client = watched();
        client.whenReady =
                () -> {
                    Client other = watched();
                    other.last = other.receive();
                    fresh.add(other);
                };
        client.hears("abc");
        poll();
        assertThat(client.text()).isEqualTo("abc");
        Client other = fresh.getFirst();
        assertThat(other.last).isEqualTo(-Errno.EAGAIN);
        other.hears("def");
        poll();
        poll();
        assertThat(other.text()).isEqualTo("def");
        closes(client);
        closes(other);
    }

    /** Bytes of a source that is closed are there when another one has its descriptor. */
    @Test
    void givesNothingOfTheOneBeforeToTheNewcomerInItsPlace() {
        for (int i = 0; i < 100; i++) {
            Client old = watched();
            old.hears("x");
            poll(); // from now on the request stays
            poll();
            old.hears("old");
            poller.poll(0); // has arrived, and is not dispatched
            poller.close(old);
            poller.poll(0); // closes it
            Client newcomer = watched();
            assertThat(newcomer.descriptor()).isEqualTo(old.descriptor());
            poller.dispatch(1);
            newcomer.hears("new");
            poll();
            poll();
            assertThat(newcomer.text()).isEqualTo("new");
            assertThat(old.text()).isEqualTo("x");
            assertThat(heard(old)).as("no request holds it open").isEqualTo(".");
            closes(newcomer);
            open.forEach(Descriptors::close);
            open.clear();
        }
    }

    /** Bytes arrive before, while and after the request for them is cancelled. */
    @Test
    void losesNoByteToACancellation() throws Exception {
        int bytes = 20_000;
        Client client = watched();
        Thread sender =
                new Thread(
                        () -> {
                            MemorySegment one = Arena.ofAuto().allocate(1);
                            for (int i = 0; i < bytes; i++) {
                                one.set(ValueLayout.JAVA_BYTE, 0, (byte) i);
                                Sockets.send(client.other, one, 0, 1, 0);
                            }
                        });
        sender.start();
        int lent = 0;
        while (client.received.size() < bytes && client.errno == 0) {
            poll();
            poller.remove(client);
            while (client.receive() > 0) {
                lent++; // first what the poller has kept, then what a borrower would read
            }
            assertThat(poller.add(client, READ)).isZero();
        }
        sender.join();
        byte[] expected = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            expected[i] = (byte) i;
        }
        assertThat(client.received.toByteArray()).isEqualTo(expected);
        assertThat(lent).isPositive();
        closes(client);
    }

    // ---- clients

    /** A listening socket, and what it is told of clients. */
    private final class Clients extends Source {
        final List<Integer> arrived = new ArrayList<>();

        private Clients(int fd) {
            super(fd);
        }

        @Override
        protected Input input() {
            return Input.CLIENTS;
        }

        @Override
        protected void arrived(int clientOrError) {
            arrived.add(clientOrError);
            if (clientOrError >= 0) {
                open.add(clientOrError);
            }
        }

        @Override
        protected void ready(int readiness, long nowNs) {}
    }

    /** A listener at a path, with so many clients that have connected. */
    private Clients listenerWith(Path path, int clients) {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
        open.add(fd);
        SocketAddress address = UnixDomainSocketAddress.of(path);
        assertThat(Sockets.bind(fd, address)).isZero();
        assertThat(Sockets.listen(fd, MANY)).isZero();
        for (int i = 0; i < clients; i++) {
            int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK;
            int client = Sockets.socket(Sockets.AF_UNIX, type, 0);
            assumeTrue(client >= 0, "descriptors for so many clients");
            open.add(client);
            int connected = Sockets.connect(client, address);
            assumeTrue(connected == 0, "a queue for so many clients (net.core.somaxconn)");
        }
        return new Clients(fd);
    }

    /**
     * The kernel ends a request that stays when its completions have no place in the ring, and
     * keeps the last of them elsewhere.
     */
    @Test
    void takesAllClientsThoughTheirCompletionsHaveNoPlace(@TempDir Path folder) {
        FileLimit limit = Processes.getFileLimit();
        assumeTrue(limit != null && limit.soft() > 5 * MANY, "descriptors for so many clients");
        Clients one = listenerWith(folder.resolve("one"), MANY); // for 4,096 places in all
        Clients other = listenerWith(folder.resolve("other"), MANY);
        assertThat(poller.add(one, READ)).isZero();
        assertThat(poller.add(other, READ)).isZero();
        for (int i = 0; i < 5; i++) {
            poll();
        }
        assertThat(one.arrived).hasSize(MANY).allMatch(fd -> fd >= 0).doesNotHaveDuplicates();
        assertThat(other.arrived).hasSize(MANY).allMatch(fd -> fd >= 0).doesNotHaveDuplicates();
        poller.forget(one);
        poller.forget(other);
    }

    /** It is not tried again while the listener is of no interest. */
    @Test
    void tellsAListenerThatThereIsNoDescriptorForAClient(@TempDir Path folder) {
        Clients listener = listenerWith(folder.resolve("socket"), 1);
        FileLimit limit = Processes.getFileLimit();
        assumeTrue(limit != null);
        assertThat(poller.add(listener, READ)).isZero();
        int few = listener.descriptor(); // and below it all are in use
        assertThat(Processes.setFileLimit(0, new FileLimit(few, limit.hard()))).isZero();
        try {
            poll();
            poller.modify(listener, 0);
        } finally {
            assertThat(Processes.setFileLimit(0, limit)).isZero();
        }
        assertThat(listener.arrived).containsExactly(-Errno.EMFILE);
        poll();
        assertThat(listener.arrived).containsExactly(-Errno.EMFILE);
        poller.modify(listener, READ);
        poll();
        assertThat(listener.arrived).hasSize(2).last().satisfies(fd -> assertThat(fd).isPositive());
        poller.forget(listener);
    }

    // ---- output

    private long send(Client client, int length, char letter) {
        memory.asSlice(0, length).fill((byte) letter);
        return poller.send(client, memory, 0, length);
    }

    private String heard(Client client) {
        StringBuilder all = new StringBuilder();
        while (true) {
            long count = Sockets.recv(client.other, memory, 0, LARGE, Sockets.MSG_DONTWAIT);
            if (count <= 0) {
                return all + (count == 0 ? "." : "");
            }
            byte[] bytes = memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            all.append(new String(bytes, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void sendsAtTheEndOfTheTurnAndThenCloses() {
        Client client = watched();
        assertThat(send(client, 3, 'a')).isEqualTo(3);
        assertThat(heard(client)).isEmpty();
        poller.close(client);
        poll();
        assertThat(heard(client)).isEqualTo("aaa.");
        assertThat(Descriptors.getDescriptorFlags(client.descriptor())).isNegative();
    }

    @Test
    void sendsInOrder() {
        Client client = watched();
        assertThat(send(client, 2, 'a')).isEqualTo(2);
        assertThat(send(client, 2, 'b')).isEqualTo(2);
        poller.settle(client);
        assertThat(heard(client)).isEqualTo("aabb");
        closes(client);
    }

    @Test
    void returnsWhatTheSocketDoesNotTake() {
        Client client = watched();
        Sockets.setOption(client.descriptor(), Sockets.SOL_SOCKET, Sockets.SO_SNDBUF, 4096);
        long taken = 0;
        char letter = 'a';
        while (client.unsent.size() == 0) {
            taken += send(client, LARGE, letter++);
            poller.settle(client);
        }
        assertThat(client.errno).isEqualTo(Errno.EAGAIN);
        int count = heard(client).length();
        assertThat(count + client.unsent.size()).isEqualTo((int) taken);
        closes(client);
    }

    @Test
    void sendsNothingAheadOfWhatWasNotTaken() {
        Client client = watched();
        Sockets.setOption(client.descriptor(), Sockets.SOL_SOCKET, Sockets.SO_SNDBUF, 4096);
        while (client.unsent.size() == 0) {
            assertThat(send(client, LARGE, 'a')).isPositive();
            if (send(client, 1, 'b') < 0) {
                break;
            }
        }
        assertThat(client.unsent.toString(StandardCharsets.US_ASCII)).doesNotContain("ab");
        closes(client);
    }

    /** The close that is linked to the send does not happen then. */
    @Test
    void closesAlsoWhenTheOtherEndIsGone() {
        Client client = watched();
        Descriptors.close(client.other);
        open.clear();
        assertThat(send(client, 3, 'a')).isEqualTo(3);
        closes(client);
        assertThat(client.errno).as("it is closed, and hears nothing").isZero();
    }

    @Test
    void resetsWhatCouldNotBeSentBeforeItsClose() {
        Client client = watched();
        Sockets.setOption(client.descriptor(), Sockets.SOL_SOCKET, Sockets.SO_SNDBUF, 4096);
        for (int i = 0; i < 8; i++) {
            send(client, LARGE, 'a');
            poller.settle(client);
        }
        send(client, LARGE, 'b');
        closes(client);
        assertThat(heard(client)).doesNotContain("b");
    }

    /** More than there is memory for, by more sources than there are places. */
    @Test
    void sendsForMany() {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            Client client = watched();
            assertThat(send(client, 1000, 'a')).isEqualTo(1000);
            clients.add(client);
        }
        clients.forEach(poller::close);
        poll();
        assertThat(clients).allSatisfy(c -> assertThat(heard(c)).hasSize(1001).endsWith("."));
    }

    @Test
    void doesWhatItHasPromisedBeforeItCloses() {
        Client client = watched();
        send(client, 3, 'a');
        poller.close(client);
        poller.close();
        assertThat(heard(client)).isEqualTo("aaa.");
    }

    @Test
    void keepsInputAndPromisesWhenItIsRenewed() {
        Client client = watched();
        client.hears("a");
        poller.poll(0);
        send(client, 3, 'b');
        poller.renew();
        assertThat(heard(client)).isEqualTo("bbb");
        poll();
        client.hears("c");
        poll();
        poll();
        assertThat(client.text()).isEqualTo("ac");
        closes(client);
    }
}
