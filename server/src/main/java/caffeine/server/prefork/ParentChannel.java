package caffeine.server.prefork;

import caffeine.os.Errno;
import caffeine.os.FdPassing;
import caffeine.os.Sockets;
import caffeine.server.poll.Source;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;

/** A worker's end of the control socket: takes {@link Frames} apart. */
final class ParentChannel extends Source {

    /** The messages of the parent. */
    interface Receiver {
        /**
         * A frame, or one client of a {@link Frames#CLIENTS}; {@code fd} is the descriptor that
         * came with it, or −1 if it was lost.
         */
        void frame(byte type, byte[] payload, int fd);

        /** The parent has closed the channel. */
        void parentGone();

        /** A frame could not be handled; the next ones are. */
        void broken(Throwable mistake);
    }

    /** No frame that carries a descriptor lost it silently. */
    static final int NO_DESCRIPTOR = -1;

    private static final int[] NONE = {};

    private static final int READ_BYTES = 64 * 1024;

    private final Receiver receiver;
    private final FdPassing passing = new FdPassing();

    // Bytes are read and written through byte buffers: the first access to a segment by itself
    // costs
    // milliseconds of every start (measured).
    private final ByteBuffer incomingBytes = ByteBuffer.allocateDirect(READ_BYTES);
    private final MemorySegment incoming = MemorySegment.ofBuffer(incomingBytes);
    private final ByteBuffer outgoingBytes = ByteBuffer.allocateDirect(READ_BYTES);
    private final MemorySegment outgoing = MemorySegment.ofBuffer(outgoingBytes);

    /** The descriptors that came with each message whose frame has not been delivered. */
    private final ArrayDeque<int[]> descriptors = new ArrayDeque<>();

    /** The beginning of a frame whose rest has not come. */
    private byte[] rest = {};

    ParentChannel(int fd, Receiver receiver) {
        super(fd);
        this.receiver = receiver;
    }

    @Override
    protected void ready(int readiness, long nowNs) {
        receive(Sockets.MSG_DONTWAIT);
    }

    /** Gives the parent a copy of this end; see {@link Frames#HELLO}. Returns 0 or −errno. */
    int sendHello() {
        outgoingBytes.put(0, Frames.HELLO);
        return (int) Math.min(0, passing.send(descriptor(), outgoing, 1, descriptor(), 0));
    }

    /**
     * Receives once and passes on the frames that are complete.
     *
     * @param flags 0 to wait for something
     * @return whether there was something
     */
    boolean receive(int flags) {
        long count = passing.receive(descriptor(), incoming, READ_BYTES, flags);
        if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
            return false;
        }
        if (count <= 0) {
            receiver.parentGone();
            return false;
        }
        int[] fds = new int[passing.untaken()];
        for (int i = 0; i < fds.length; i++) {
            fds[i] = passing.takeFd();
        }
        if (fds.length > 0 || passing.truncated()) {
            descriptors.add(fds);
        }
        takeApart((int) count);
        return true;
    }

    private void takeApart(int count) {
        byte[] bytes = Arrays.copyOf(rest, rest.length + count);
        incomingBytes.get(0, bytes, rest.length, count);
        ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int from = 0;
        while (bytes.length - from >= Frames.HEAD_BYTES) {
            byte type = bytes[from];
            int payload = from + Frames.HEAD_BYTES;
            int to = payload + all.getInt(from + 1);
            if (to > bytes.length) {
                break;
            }
            deliver(type, Arrays.copyOfRange(bytes, payload, to));
            from = to;
        }
        rest = from == bytes.length ? new byte[0] : Arrays.copyOfRange(bytes, from, bytes.length);
    }

    private void deliver(byte type, byte[] payload) {
        int[] fds = descriptorsOf(type);
        if (type != Frames.CLIENTS) {
            deliver(type, payload, fds, 0);
            return;
        }
        int clients = payload.length / Frames.ADDRESS_BYTES;
        for (int i = 0; i < clients; i++) {
            int from = i * Frames.ADDRESS_BYTES;
            byte[] address = Arrays.copyOfRange(payload, from, from + Frames.ADDRESS_BYTES);
            deliver(type, address, fds, i);
        }
    }

    private void deliver(byte type, byte[] payload, int[] fds, int which) {
        try {
            receiver.frame(type, payload, which < fds.length ? fds[which] : NO_DESCRIPTOR);
        } catch (Throwable e) {
            receiver.broken(e);
        }
    }

    @Override
    protected void broken(Throwable mistake) {
        receiver.broken(mistake);
    }

    /** Descriptors arrive in the order of the frames that carry them. */
    private int[] descriptorsOf(byte type) {
        boolean carries =
                switch (type) {
                    case Frames.OPTIONS, Frames.CLIENTS, Frames.SLOTS, Frames.CREDITS, Frames.LOG ->
                            true;
                    default -> false;
                };
        int[] fds = carries ? descriptors.poll() : null;
        return fds == null ? NONE : fds;
    }

    /**
     * Sends the same byte several times.
     *
     * @return how many the parent took; fewer when the socket is full or the parent is gone
     */
    int send(byte what, int times) {
        int length = Math.min(times, READ_BYTES);
        for (int i = 0; i < length; i++) {
            outgoingBytes.put(i, what);
        }
        long sent = Sockets.send(descriptor(), outgoing, 0, length, Sockets.MSG_DONTWAIT);
        return (int) Math.max(0, sent);
    }

    /** Reports that a client of this address is gone; false when the socket is full. */
    boolean sendGone(InetAddress address) {
        byte[] bytes = address.getAddress();
        byte[] frame = new byte[Frames.GONE_BYTES];
        frame[0] = Frames.GONE;
        int at = frame.length - bytes.length;
        if (bytes.length == 4) {
            // As an IPv4-mapped address, RFC 4291 §2.5.5.2.
            frame[at - 1] = -1;
            frame[at - 2] = -1;
        }
        System.arraycopy(bytes, 0, frame, at, bytes.length);
        outgoingBytes.put(0, frame);
        return Sockets.send(descriptor(), outgoing, 0, Frames.GONE_BYTES, Sockets.MSG_DONTWAIT)
                != -Errno.EAGAIN;
    }
}
