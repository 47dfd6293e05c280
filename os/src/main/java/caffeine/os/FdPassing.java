package caffeine.os;

import static caffeine.os.MessageHeader.CMSG_DATA;
import static caffeine.os.MessageHeader.CMSG_LENGTH;
import static caffeine.os.MessageHeader.CMSG_LEVEL;
import static caffeine.os.MessageHeader.CMSG_TYPE;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Passes descriptors with a message over a Unix-domain socket (man 7 unix, SCM_RIGHTS).
 *
 * <p>The receiver's descriptor refers to the same open file, as after dup. The buffers are reused:
 * not thread-safe.
 */
public final class FdPassing implements AutoCloseable {
    static final int SCM_RIGHTS = 1;

    /** The most descriptors that one message takes: SCM_MAX_FD of the kernel. */
    public static final int MOST = 253;

    private static final int FD_BYTES = Integer.BYTES;

    private static final int IOV = 64;
    private static final int CONTROL = 96;
    private static final int CONTROL_BYTES = MessageHeader.cmsgSpace(MOST * FD_BYTES);

    private static final MemorySegment SENDMSG = Native.function("sendmsg");
    private static final MemorySegment RECVMSG = Native.function("recvmsg");

    private final Memory memory = Memory.allocate(CONTROL + CONTROL_BYTES);
    private final int[] received = new int[MOST];
    private int receivedCount;

    /** How many of them the caller has taken. */
    private int taken;

    private boolean truncated;

    public FdPassing() {
        memory.putLong(MessageHeader.IOV, memory.address(IOV));
        memory.putLong(MessageHeader.IOV_COUNT, 1);
        memory.putLong(MessageHeader.CONTROL, memory.address(CONTROL));
    }

    /**
     * Sends a payload and, unless it is −1, a descriptor, which stays open here (man 2 sendmsg).
     * The descriptor goes with the payload's first byte.
     *
     * @param payload native, at least one byte on a stream
     * @param flags {@link Sockets#MSG_DONTWAIT} or 0; {@link Sockets#MSG_NOSIGNAL} is always set
     * @return how many bytes; {@code -EAGAIN} when the channel is full, {@code -EPIPE} and {@code
     *     -ECONNRESET} when the other end is gone, {@code -EBADF} when channel or fd is not open,
     *     {@code -ETOOMANYREFS} when the user has too many descriptors in flight, {@code -ENOBUFS},
     *     {@code -ENOMEM}, {@code -EINTR}
     */
    public long send(int channel, MemorySegment payload, long length, int fd, int flags) {
        if (fd != -1) {
            memory.putInt(CONTROL + CMSG_DATA, fd);
        }
        return sendSet(channel, payload, length, fd == -1 ? 0 : 1, flags);
    }

    /**
     * Sends a payload and descriptors, in their order: all of them, or none.
     *
     * @param count how many, from the array's beginning; at most {@link #MOST}
     * @return as {@link #send(int, MemorySegment, long, int, int)}
     */
    public long send(
            int channel, MemorySegment payload, long length, int[] fds, int count, int flags) {
        for (int i = 0; i < count; i++) {
            memory.putInt(CONTROL + CMSG_DATA + i * FD_BYTES, fds[i]);
        }
        return sendSet(channel, payload, length, count, flags);
    }

    /** Sends the descriptors whose numbers the control message has. */
    private long sendSet(int channel, MemorySegment payload, long length, int count, int flags) {
        setPayload(payload, length);
        if (count == 0) {
            setControl(0);
        } else {
            setControl(MessageHeader.cmsgSpace(count * FD_BYTES));
            memory.putLong(CONTROL + CMSG_LENGTH, CMSG_DATA + (long) count * FD_BYTES);
            memory.putInt(CONTROL + CMSG_LEVEL, Sockets.SOL_SOCKET);
            memory.putInt(CONTROL + CMSG_TYPE, SCM_RIGHTS);
        }
        try {
            return Native.call(SENDMSG, channel, memory.address(), flags | Sockets.MSG_NOSIGNAL);
        } finally {
            Reference.reachabilityFence(payload);
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Receives a payload and perhaps descriptors, which close on exec (man 2 recvmsg). Afterwards
     * {@link #takeFd} and {@link #truncated} return them. Those that are not taken are closed by
     * the next call and by {@link #close}.
     *
     * @param flags {@link Sockets#MSG_DONTWAIT} or 0
     * @return how many bytes; 0 at the end; {@code -EAGAIN} when nothing is there, {@code
     *     -ECONNRESET} when the other end was closed with unread input, {@code -EINTR}
     */
    public long receive(int channel, MemorySegment payload, long capacity, int flags) {
        dropReceived();
        truncated = false;
        setPayload(payload, capacity);
        setControl(CONTROL_BYTES);
        long bytes;
        try {
            bytes =
                    Native.call(
                            RECVMSG, channel, memory.address(), flags | Sockets.MSG_CMSG_CLOEXEC);
        } finally {
            Reference.reachabilityFence(payload);
        }
        if (bytes >= 0) {
            truncated = (memory.getInt(MessageHeader.FLAGS) & Sockets.MSG_CTRUNC) != 0;
            takeDescriptors();
        }
        return bytes;
    }

    /** How many descriptors of the last {@link #receive} have not been taken yet. */
    public int untaken() {
        return receivedCount - taken;
    }

    /**
     * Takes the next descriptor of the last {@link #receive}: it is the caller's from then on. −1
     * when there is none.
     */
    public int takeFd() {
        return taken < receivedCount ? received[taken++] : -1;
    }

    /**
     * Whether a descriptor was sent to the last {@link #receive} that did not arrive: this process
     * had no free one (EMFILE). Those that came are the first ones.
     */
    public boolean truncated() {
        return truncated;
    }

    /** Closes what was received and not taken. The buffers go with this object. */
    @Override
    public void close() {
        dropReceived();
    }

    private void dropReceived() {
        while (taken < receivedCount) {
            Descriptors.close(received[taken++]);
        }
        receivedCount = 0;
        taken = 0;
    }

    private void setPayload(MemorySegment payload, long length) {
        memory.putLong(IOV + MessageHeader.IOVEC_BASE, Memory.address(payload, 0, length));
        memory.putLong(IOV + MessageHeader.IOVEC_LENGTH, length);
    }

    private void setControl(int bytes) {
        memory.putLong(MessageHeader.CONTROL_LENGTH, bytes);
        memory.putInt(MessageHeader.FLAGS, 0);
    }

    /** Walks the control messages; the kernel writes one for all descriptors of a message. */
    private void takeDescriptors() {
        int end = CONTROL + (int) memory.getLong(MessageHeader.CONTROL_LENGTH);
        int at = CONTROL;
        while (at + CMSG_DATA <= end) {
            int length = (int) memory.getLong(at + CMSG_LENGTH);
            if (length < CMSG_DATA) {
                return;
            }
            if (memory.getInt(at + CMSG_LEVEL) == Sockets.SOL_SOCKET
                    && memory.getInt(at + CMSG_TYPE) == SCM_RIGHTS) {
                takeDescriptors(at + CMSG_DATA, Math.min(at + length, end));
            }
            at += MessageHeader.cmsgAlign(length);
        }
    }

    private void takeDescriptors(int from, int to) {
        for (int at = from; at + FD_BYTES <= to && receivedCount < MOST; at += FD_BYTES) {
            received[receivedCount++] = memory.getInt(at);
        }
    }
}
