package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.FdPassing;
import caffeine.os.Sockets;
import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;
import caffeine.server.service.AddressCounts;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A worker as its parent sees it: a process, a channel once it has connected, and credits.
 *
 * <pre>
 *   STARTING ──connects──▶ CONNECTED ──first byte──▶ READY ──process ends──▶ ENDED
 * </pre>
 */
final class WorkerProcess {

    /** The events of a worker for its parent. */
    interface Owner {
        void workerReady(WorkerProcess worker);

        void creditsCame(WorkerProcess worker);

        /** Clients were passed to it. */
        void clientsPassed(WorkerProcess worker);

        void workerExited(WorkerProcess worker, long nowNs);

        /** It has sent an invalid message, so it gets no more clients. */
        void workerBroken(WorkerProcess worker, Throwable mistake);
    }

    private static final int READ_BYTES = 4096;

    final int index;
    final int pid;
    final long startNs;
    private final Owner owner;
    private final Poller poller;

    /** Clients by address, of all workers and of this one; empty where they are not counted. */
    private final AddressCounts addresses;

    private final AddressCounts counted = new AddressCounts();

    private final Exit exit;
    private final Handoff handoff = new Handoff();
    private final int[] one = new int[1];
    private @Nullable Channel channel;

    /** Credits of its start. */
    private int places;

    /** Credits from messages, less those used. */
    private int credits;

    private final ReturnedCredits returned = ReturnedCredits.create();
    private boolean setUp;
    private boolean ready;

    /** A copy of the worker's end of the channel, or −1 as long as it has not come. */
    private int otherEnd = -1;

    /** It has closed its channel. */
    private boolean ended;

    private boolean draining;
    private boolean killed;
    private int unansweredPings;

    WorkerProcess(
            int index,
            int pid,
            int pidFd,
            long startNs,
            Owner owner,
            AddressCounts addresses,
            Poller poller) {
        this.index = index;
        this.pid = pid;
        this.startNs = startNs;
        this.owner = owner;
        this.addresses = addresses;
        this.poller = poller;
        this.exit = new Exit(pidFd);
        poller.add(exit, Source.READ);
    }

    /** The worker connected; {@code fd} becomes its channel. */
    void connected(int fd) {
        Channel opened = new Channel(fd);
        poller.add(opened, Source.READ);
        channel = opened;
        unansweredPings = 0;
    }

    boolean isConnected() {
        return channel != null;
    }

    /** Whether it has reported that it is ready. */
    boolean isReady() {
        return ready;
    }

    int credits() {
        return draining || ended ? 0 : credits + returned.returned();
    }

    /** The number of its clients. */
    int clients() {
        return places - credits - returned.returned();
    }

    /** The credits that the worker returns. */
    ReturnedCredits returnedCredits() {
        return returned;
    }

    boolean isDraining() {
        return draining;
    }

    boolean isKilled() {
        return killed;
    }

    void markKilled() {
        killed = true;
    }

    /** Sends it a ping. */
    void pinged() {
        unansweredPings++;
    }

    /** How many pings ago it last answered. */
    int unansweredPings() {
        return unansweredPings;
    }

    /**
     * Sends a frame, with a descriptor or without (−1).
     *
     * @return 0 or −errno
     */
    int send(FdPassing passing, MemorySegment frame, long length, int fd) {
        one[0] = fd;
        return send(passing, frame, length, one, fd == -1 ? 0 : 1);
    }

    /**
     * Sends a frame with so many descriptors. Frames are far smaller than the socket's buffer, so
     * one goes out whole or not at all.
     *
     * @return 0 or −errno
     */
    int send(FdPassing passing, MemorySegment frame, long length, int[] fds, int count) {
        Channel open = channel;
        if (open == null) {
            return -Errno.ENOTCONN;
        }
        int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL;
        long sent = passing.send(open.descriptor(), frame, length, fds, count, flags);
        return sent < 0 ? (int) sent : sent < length ? -Errno.EMSGSIZE : 0;
    }

    /** The clients that go to it with its next message. */
    Handoff handoff() {
        return handoff;
    }

    /**
     * Counts a client as its own.
     *
     * @param address its address where clients of one address are counted, else null
     */
    void tookClient(@Nullable InetAddress address) {
        credits--;
        if (address != null) {
            counted.add(address);
            addresses.add(address);
        }
    }

    /** A client that was counted as its own could not be passed. */
    void missedClient(@Nullable InetAddress address) {
        credits++;
        if (address != null) {
            clientGone(address);
        }
    }

    /** The clients that it took have been sent to it. */
    void gotClients() {
        owner.clientsPassed(this);
    }

    /** No more clients for it. */
    void drain() {
        draining = true;
    }

    /**
     * After its death: the clients that were passed to it and that it has not read. Nothing of them
     * is lost; another worker can serve them.
     */
    List<WaitingClient> unreadClients() {
        List<WaitingClient> unread = new ArrayList<>();
        if (otherEnd < 0) {
            return unread;
        }
        ParentChannel.Receiver collector =
                new ParentChannel.Receiver() {
                    @Override
                    public void frame(byte type, byte[] payload, int fd) {
                        if (type == Frames.CLIENTS && fd >= 0) {
                            unread.add(WaitingClient.of(fd, payload));
                        } else if (fd >= 0) {
                            Descriptors.close(fd);
                        }
                    }

                    @Override
                    public void parentGone() {
                        // This is the parent, and all clients were taken back.
                    }

                    @Override
                    public void broken(Throwable mistake) {
                        owner.workerBroken(WorkerProcess.this, mistake);
                    }
                };
        ParentChannel end = new ParentChannel(otherEnd, collector);
        while (end.receive(Sockets.MSG_DONTWAIT)) {
            // On to the next.
        }
        return unread;
    }

    /** Releases the process: closes its descriptors. */
    void close() {
        addresses.removeAll(counted);
        poller.remove(exit);
        Descriptors.close(exit.descriptor());
        closeChannel();
        returned.close();
        if (otherEnd >= 0) {
            Descriptors.close(otherEnd);
            otherEnd = -1;
        }
    }

    private void closeChannel() {
        Channel open = channel;
        if (open != null) {
            channel = null;
            poller.remove(open);
            Descriptors.close(open.descriptor());
        }
    }

    /** The process's end. */
    private final class Exit extends Source {
        Exit(int pidFd) {
            super(pidFd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            owner.workerExited(WorkerProcess.this, nowNs);
        }
    }

    /** Ready bytes, pongs, and the addresses of clients that are gone. */
    private final class Channel extends Source {
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES);
        private final MemorySegment buffer = MemorySegment.ofBuffer(bytes);
        private final byte[] address = new byte[Frames.GONE_BYTES - 1];
        private int addressMissing;
        private boolean awaited;

        Channel(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            long count = otherEnd >= 0 ? receive() : receiveHello();
            if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
                return;
            }
            if (count <= 0) {
                ended = true; // or about to; its exit says how
                closeChannel();
                return;
            }
            int before = credits;
            awaited = false;
            for (int i = 0; i < count; i++) {
                received(bytes.get(i));
            }
            if (setUp && !ready) {
                ready = true;
                owner.workerReady(WorkerProcess.this);
            }
            if (credits > before || awaited) {
                owner.creditsCame(WorkerProcess.this);
            }
        }

        @Override
        protected void broken(Throwable mistake) {
            ended = true;
            closeChannel();
            owner.workerBroken(WorkerProcess.this, mistake);
        }

        private long receive() {
            return Sockets.recv(descriptor(), buffer, 0, READ_BYTES, Sockets.MSG_DONTWAIT);
        }

        /** The first message brings the worker's own end of this channel. */
        private long receiveHello() {
            try (FdPassing passing = new FdPassing()) {
                long count =
                        passing.receive(descriptor(), buffer, READ_BYTES, Sockets.MSG_DONTWAIT);
                otherEnd = passing.takeFd();
                return count;
            }
        }

        private void received(byte b) {
            if (addressMissing > 0) {
                address[address.length - addressMissing--] = b;
                if (addressMissing == 0) {
                    clientGone(addressOf(address));
                }
                return;
            }
            switch (b) {
                case Frames.READY -> {
                    places++;
                    credits++;
                }
                case Frames.PONG -> {
                    unansweredPings = 0;
                    setUp = true;
                }
                case Frames.GONE -> {
                    credits++;
                    addressMissing = address.length;
                }
                case Frames.RETURNED -> awaited = true;
                case Frames.HELLO -> {}
                default -> throw new IllegalStateException("worker " + pid + " says " + b);
            }
        }
    }

    private void clientGone(InetAddress address) {
        counted.remove(address);
        addresses.remove(address);
    }

    private static InetAddress addressOf(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes); // an IPv4-mapped one becomes IPv4
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
