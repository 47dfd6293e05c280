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
 * Passes a descriptor with a message over a Unix-domain socket (man 7 unix, SCM_RIGHTS).
 *
 * <p>The receiver's descriptor is another name of the same open file, as after dup. The buffers are
 * reused: not thread-safe.
 */
public final class FdPassing implements AutoCloseable {
    static final int SCM_RIGHTS = 1;
    private static final int FD_BYTES = Integer.BYTES;

    private static final int IOV = 64;
    private static final int CONTROL = 96;

    // We want one descriptor a message. The room for more is there to see a surplus and close it;
    // what exceeds even this, the kernel closes and reports as MSG_CTRUNC.
    private static final int CONTROL_BYTES = MessageHeader.cmsgSpace(16 * FD_BYTES);

    private static final MemorySegment SENDMSG = Native.function("sendmsg");
    private static final MemorySegment RECVMSG = Native.function("recvmsg");

    private final Memory memory = Memory.allocate(CONTROL + CONTROL_BYTES);
    private int receivedFd = -1;
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
        setPayload(payload, length);
        if (fd == -1) {
            setControl(0);
        } else {
            setControl(MessageHeader.cmsgSpace(FD_BYTES));
            memory.putLong(CONTROL + CMSG_LENGTH, CMSG_DATA + FD_BYTES);
            memory.putInt(CONTROL + CMSG_LEVEL, Sockets.SOL_SOCKET);
            memory.putInt(CONTROL + CMSG_TYPE, SCM_RIGHTS);
            memory.putInt(CONTROL + CMSG_DATA, fd);
        }
        try {
            return Native.call(SENDMSG, channel, memory.address(), flags | Sockets.MSG_NOSIGNAL);
        } finally {
            Reference.reachabilityFence(payload);
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Receives a payload and perhaps a descriptor, which closes on exec (man 2 recvmsg). Afterwards
     * {@link #receivedFd} and {@link #truncated} tell of it. If several descriptors came, the first
     * is kept and the others are closed.
     *
     * @param flags {@link Sockets#MSG_DONTWAIT} or 0
     * @return how many bytes; 0 at the end; {@code -EAGAIN} when nothing is there, {@code
     *     -ECONNRESET} when the other end was closed with unread input, {@code -EINTR}
     */
    public long receive(int channel, MemorySegment payload, long capacity, int flags) {
        receivedFd = -1;
        truncated = false;
        setPayload(payload, capacity);
        setControl(CONTROL_BYTES);
        long received;
        try {
            received =
                    Native.call(
                            RECVMSG, channel, memory.address(), flags | Sockets.MSG_CMSG_CLOEXEC);
        } finally {
            Reference.reachabilityFence(payload);
        }
        if (received >= 0) {
            truncated = (memory.getInt(MessageHeader.FLAGS) & Sockets.MSG_CTRUNC) != 0;
            takeDescriptors();
        }
        return received;
    }

    /** The descriptor of the last {@link #receive}, which now is the caller's; −1 if none came. */
    public int receivedFd() {
        return receivedFd;
    }

    /**
     * Whether a descriptor was sent to the last {@link #receive} that did not arrive: this process
     * had no free one (EMFILE), or far too many came at once.
     */
    public boolean truncated() {
        return truncated;
    }

    /** Does nothing to any descriptor; the buffers go with this object. */
    @Override
    public void close() {
        receivedFd = -1;
    }

    private void setPayload(MemorySegment payload, long length) {
        memory.putLong(IOV + MessageHeader.IOVEC_BASE, Memory.address(payload, 0, length));
        memory.putLong(IOV + MessageHeader.IOVEC_LENGTH, length);
    }

    private void setControl(int bytes) {
        memory.putLong(MessageHeader.CONTROL_LENGTH, bytes);
        memory.putInt(MessageHeader.FLAGS, 0);
    }

    /** Walks the control messages: the first descriptor is taken, the others are closed. */
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
        for (int at = from; at + FD_BYTES <= to; at += FD_BYTES) {
            int fd = memory.getInt(at);
            if (receivedFd == -1) {
                receivedFd = fd;
            } else {
                Descriptors.close(fd);
            }
        }
    }
}
