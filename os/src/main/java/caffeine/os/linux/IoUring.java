package caffeine.os.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * A pair of rings that this process and the kernel share (man 7 io_uring): binding only, no policy.
 * Requests are pushed and then submitted together by {@link #enter}, which also waits for
 * completions. One thread calls everything but {@link #close}; the first one that enters is that
 * thread.
 *
 * <pre>{@code
 * struct io_uring_sqe {                    // linux/io_uring.h, the fields that are used
 *     __u8 opcode; __u8 flags; __u16 ioprio; __s32 fd;
 *     __u64 off; __u64 addr; __u32 len; __u32 msg_flags;   // and poll32_events, accept_flags, …
 *     __u64 user_data; __u16 buf_group; …
 * };
 * struct io_uring_cqe { __u64 user_data; __s32 res; __u32 flags; };
 * }</pre>
 */
public final class IoUring implements AutoCloseable {

    // Operations.
    public static final int IORING_OP_POLL_ADD = 6;
    public static final int IORING_OP_POLL_REMOVE = 7;
    public static final int IORING_OP_ACCEPT = 13;
    public static final int IORING_OP_ASYNC_CANCEL = 14;
    public static final int IORING_OP_CLOSE = 19;
    public static final int IORING_OP_READ = 22;
    public static final int IORING_OP_SEND = 26;
    public static final int IORING_OP_RECV = 27;

    // Flags of a request.
    /** The next request begins when this one has succeeded, and is cancelled when it has not. */
    public static final int IOSQE_IO_LINK = 1 << 2;

    public static final int IOSQE_BUFFER_SELECT = 1 << 5;

    /** A success has no completion (Linux 5.17). */
    public static final int IOSQE_CQE_SKIP_SUCCESS = 1 << 6;

    // In ioprio.
    public static final int IORING_ACCEPT_MULTISHOT = 1;
    public static final int IORING_RECVSEND_POLL_FIRST = 1;
    public static final int IORING_RECV_MULTISHOT = 1 << 1;

    // Of a cancellation: every request that matches; any matches (Linux 5.19).
    public static final int IORING_ASYNC_CANCEL_ALL = 1;
    public static final int IORING_ASYNC_CANCEL_ANY = 1 << 2;

    // Flags of a completion.
    public static final int IORING_CQE_F_BUFFER = 1;

    /** The request goes on: more completions will come. */
    public static final int IORING_CQE_F_MORE = 1 << 1;

    /** There was more to read, or another client, when this completed. */
    public static final int IORING_CQE_F_SOCK_NONEMPTY = 1 << 2;

    private static final int IORING_CQE_BUFFER_SHIFT = 16;

    static final int IORING_SETUP_CQSIZE = 1 << 3;
    static final int IORING_SETUP_CLAMP = 1 << 4;
    static final int IORING_SETUP_R_DISABLED = 1 << 6;
    static final int IORING_SETUP_SUBMIT_ALL = 1 << 7;
    static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;
    static final int IORING_SETUP_SINGLE_ISSUER = 1 << 12;
    static final int IORING_SETUP_DEFER_TASKRUN = 1 << 13;

    private static final int IORING_FEAT_SINGLE_MMAP = 1;
    private static final int IORING_FEAT_NODROP = 1 << 1;
    private static final int IORING_FEAT_EXT_ARG = 1 << 8;
    private static final int IORING_FEAT_CQE_SKIP = 1 << 11;

    private static final int IORING_ENTER_GETEVENTS = 1;
    private static final int IORING_ENTER_EXT_ARG = 1 << 3;

    private static final int IORING_SQ_CQ_OVERFLOW = 1 << 1;

    private static final int IORING_REGISTER_ENABLE_RINGS = 12;

    private static final int IORING_OFF_SQ_RING = 0;
    private static final int IORING_OFF_SQES = 0x10000000;

    // System calls, by number: the C library has no functions for them.
    private static final int SYS_IO_URING_SETUP = 425;
    private static final int SYS_IO_URING_ENTER = 426;
    private static final int SYS_IO_URING_REGISTER = 427;

    // struct io_uring_params, with the offsets of the rings' fields in it.
    static final int PARAMS_BYTES = 120;
    static final int PARAMS_CQ_ENTRIES = 4;
    static final int PARAMS_FLAGS = 8;
    static final int PARAMS_FEATURES = 20;
    static final int PARAMS_SQ_OFF = 40;
    static final int PARAMS_CQ_OFF = 80;
    static final int SQ_OFF_HEAD = 0;
    static final int SQ_OFF_TAIL = 4;
    static final int SQ_OFF_FLAGS = 16;
    static final int SQ_OFF_ARRAY = 24;
    static final int CQ_OFF_HEAD = 0;
    static final int CQ_OFF_TAIL = 4;
    static final int CQ_OFF_CQES = 20;

    // struct io_uring_sqe.
    static final int SQE_BYTES = 64;
    static final int SQE_FLAGS = 1;
    static final int SQE_IOPRIO = 2;
    static final int SQE_FD = 4;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    static final int SQE_OPERATION_FLAGS = 28;
    static final int SQE_USER_DATA = 32;
    static final int SQE_BUF_GROUP = 40;
    private static final int SQE_REST = 48;

    // struct io_uring_cqe.
    static final int CQE_BYTES = 16;
    static final int CQE_RES = 8;
    static final int CQE_FLAGS = 12;

    // struct io_uring_getevents_arg, with a struct __kernel_timespec behind it.
    static final int ARGUMENT_BYTES = 24;
    static final int ARGUMENT_TS = 16;
    private static final int TIMEOUT = ARGUMENT_BYTES;
    private static final int TIMEOUT_BYTES = 16;

    private static final long NS_PER_S = 1_000_000_000;

    private static final MemorySegment SYSCALL = Native.function("syscall");

    /** Of a field that the kernel reads or writes at the same time. */
    private static final VarHandle SHARED = JAVA_INT.varHandle();

    /**
     * By preference: completions are prepared only while this thread waits for them (Linux 6.1), or
     * when it calls the kernel for anything (5.19), or by an interrupt.
     */
    private static final int[] KINDS = {
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
        0,
    };

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment ring;
    private final MemorySegment requests;
    private final Memory wait = Memory.allocate(ARGUMENT_BYTES + TIMEOUT_BYTES);

    private final long sqHead;
    private final long sqTail;
    private final long sqFlags;
    private final long cqHead;
    private final long cqTail;
    private final long completions;
    private final int sqMask;
    private final int cqMask;

    /** Requests before this one have been pushed; the kernel learns it when this enters. */
    private int pushed;

    /** Requests before this one have been submitted. */
    private int submitted;

    private boolean enabled;
    private boolean open = true;

    private IoUring(int fd, Memory params) {
        this.fd = fd;
        int entries = params.getInt(0);
        int cqEntries = params.getInt(PARAMS_CQ_ENTRIES);
        this.sqMask = entries - 1;
        this.cqMask = cqEntries - 1;
        this.sqHead = params.getInt(PARAMS_SQ_OFF + SQ_OFF_HEAD);
        this.sqTail = params.getInt(PARAMS_SQ_OFF + SQ_OFF_TAIL);
        this.sqFlags = params.getInt(PARAMS_SQ_OFF + SQ_OFF_FLAGS);
        this.cqHead = params.getInt(PARAMS_CQ_OFF + CQ_OFF_HEAD);
        this.cqTail = params.getInt(PARAMS_CQ_OFF + CQ_OFF_TAIL);
        this.completions = params.getInt(PARAMS_CQ_OFF + CQ_OFF_CQES);
        long array = params.getInt(PARAMS_SQ_OFF + SQ_OFF_ARRAY);
        long bytes =
                Math.max(
                        array + (long) Integer.BYTES * entries,
                        completions + (long) CQE_BYTES * cqEntries);
        try {
            this.ring = map(IORING_OFF_SQ_RING, bytes);
            this.requests = map(IORING_OFF_SQES, (long) SQE_BYTES * entries);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
        for (int i = 0; i < entries; i++) {
            ring.set(JAVA_INT, array + (long) Integer.BYTES * i, i); // each at its own place
        }
    }

    private MemorySegment map(long offset, long bytes) {
        MemorySegment mapped = SharedMemory.map(fd, offset, bytes, arena);
        if (mapped == null) {
            throw new ErrnoException("mmap", Errno.ENOMEM);
        }
        return mapped;
    }

    /**
     * Makes the rings.
     *
     * @param entries how many requests are submitted together at most; a power of two
     * @param completions how many completions may wait without a call for them; a power of two
     * @throws ErrnoException with ENOSYS (before Linux 5.17, or off Linux), EPERM (forbidden by a
     *     system call filter or kernel.io_uring_disabled), ENOMEM (RLIMIT_MEMLOCK), EMFILE, ENFILE
     */
    public static IoUring open(int entries, int completions) {
        Memory params = Memory.allocate(PARAMS_BYTES);
        int fd = -Errno.EINVAL;
        for (int kind = 0; kind < KINDS.length && fd == -Errno.EINVAL; kind++) {
            params.clear(0, PARAMS_BYTES);
            params.putInt(PARAMS_CQ_ENTRIES, completions);
            params.putInt(
                    PARAMS_FLAGS,
                    KINDS[kind]
                            | IORING_SETUP_CQSIZE
                            | IORING_SETUP_CLAMP
                            | IORING_SETUP_R_DISABLED);
            fd = Native.callInt(SYSCALL, SYS_IO_URING_SETUP, entries, params.address());
        }
        ErrnoException.check("io_uring_setup", fd);
        int needed =
                IORING_FEAT_SINGLE_MMAP
                        | IORING_FEAT_NODROP
                        | IORING_FEAT_EXT_ARG
                        | IORING_FEAT_CQE_SKIP;
        try {
            if ((params.getInt(PARAMS_FEATURES) & needed) != needed) {
                throw new ErrnoException("io_uring_setup", Errno.ENOSYS);
            }
            return new IoUring(fd, params);
        } catch (Throwable e) {
            Descriptors.close(fd);
            throw e;
        }
    }

    int register(int operation, long argument, int count) {
        return Native.callInt(SYSCALL, SYS_IO_URING_REGISTER, fd, operation, argument, count);
    }

    /** Its descriptor, which closes on exec. */
    public int fd() {
        return fd;
    }

    // ---- requests

    /** How many more requests can be pushed before the next {@link #enter}. */
    public int room() {
        return sqMask + 1 - (pushed - submitted);
    }

    /** How many pushed requests have not been submitted. */
    public int pending() {
        return pushed - submitted;
    }

    /** How many requests were ever pushed, modulo 2^32. */
    public int pushed() {
        return pushed;
    }

    /**
     * Pushes a request; there must be {@link #room}.
     *
     * @param operation IORING_OP_…
     * @param flags IOSQE_…
     * @param operationFlags of the operation, such as MSG_DONTWAIT or the events to poll for
     * @param userData comes back with each completion
     */
    public void push(
            int operation,
            int flags,
            int priority,
            int descriptor,
            long offset,
            long address,
            int length,
            int operationFlags,
            long userData) {
        long at = (long) SQE_BYTES * (pushed & sqMask);
        MemorySegment to = requests;
        to.set(JAVA_BYTE, at, (byte) operation);
        to.set(JAVA_BYTE, at + SQE_FLAGS, (byte) flags);
        to.set(JAVA_SHORT, at + SQE_IOPRIO, (short) priority);
        to.set(JAVA_INT, at + SQE_FD, descriptor);
        to.set(JAVA_LONG, at + SQE_OFF, offset);
        to.set(JAVA_LONG, at + SQE_ADDR, address);
        to.set(JAVA_INT, at + SQE_LEN, length);
        to.set(JAVA_INT, at + SQE_OPERATION_FLAGS, operationFlags);
        to.set(JAVA_LONG, at + SQE_USER_DATA, userData);
        to.set(JAVA_LONG, at + SQE_BUF_GROUP, 0);
        to.set(JAVA_LONG, at + SQE_REST, 0);
        to.set(JAVA_LONG, at + SQE_REST + Long.BYTES, 0);
        pushed++;
    }

    /** Makes the request that is pushed next depend on the one that was pushed last. */
    public void linkNext() {
        long at = (long) SQE_BYTES * ((pushed - 1) & sqMask) + SQE_FLAGS;
        requests.set(JAVA_BYTE, at, (byte) (requests.get(JAVA_BYTE, at) | IOSQE_IO_LINK));
    }

    // ---- the kernel

    /**
     * Submits the pushed requests, prepares completions, and waits for some.
     *
     * @param completions to wait for; 0 does not wait
     * @param timeoutNs how long at most; below 0 waits for ever
     * @return how many requests were submitted, which may be fewer than were pushed when memory is
     *     short; {@code -ETIME}, {@code -EINTR} when the wait ended without one; {@code -EBUSY}
     *     while completions must be taken first, {@code -EAGAIN}, {@code -ENOMEM}, {@code -EEXIST}
     *     on another thread than before
     */
    public int enter(int completions, long timeoutNs) {
        if (!enabled) {
            int result = register(IORING_REGISTER_ENABLE_RINGS, 0, 0);
            if (result < 0) {
                return result;
            }
            enabled = true;
        }
        SHARED.setRelease(ring, sqTail, pushed);
        int flags = IORING_ENTER_GETEVENTS;
        long argument = 0;
        int bytes = 0;
        if (completions > 0 && timeoutNs >= 0) {
            wait.putLong(ARGUMENT_TS, wait.address(TIMEOUT));
            wait.putLong(TIMEOUT, timeoutNs / NS_PER_S);
            wait.putLong(TIMEOUT + Long.BYTES, timeoutNs % NS_PER_S);
            flags |= IORING_ENTER_EXT_ARG;
            argument = wait.address();
            bytes = ARGUMENT_BYTES;
        }
        int result =
                Native.callInt(
                        SYSCALL,
                        SYS_IO_URING_ENTER,
                        fd,
                        pushed - submitted,
                        completions,
                        flags,
                        argument,
                        bytes);
        // Also what a failed wait has submitted.
        submitted = (int) SHARED.getAcquire(ring, sqHead);
        return result;
    }

    // ---- completions

    /** How many completions are there; {@link #data(int)} and others have them from 0 on. */
    public int ready() {
        return (int) SHARED.getAcquire(ring, cqTail) - ring.get(JAVA_INT, cqHead);
    }

    private long completion(int i) {
        return completions + (long) CQE_BYTES * ((ring.get(JAVA_INT, cqHead) + i) & cqMask);
    }

    /** The user data of a completion. */
    public long data(int i) {
        return ring.get(JAVA_LONG, completion(i));
    }

    /** Its result: ≥ 0 or −errno. */
    public int result(int i) {
        return ring.get(JAVA_INT, completion(i) + CQE_RES);
    }

    /** IORING_CQE_F_…, and the number of the buffer. */
    public int flags(int i) {
        return ring.get(JAVA_INT, completion(i) + CQE_FLAGS);
    }

    /** The number of the buffer in the flags of a completion; -1 when there is none. */
    public static int buffer(int flags) {
        return (flags & IORING_CQE_F_BUFFER) == 0 ? -1 : flags >>> IORING_CQE_BUFFER_SHIFT;
    }

    /** Gives the places of the first completions back to the kernel. */
    public void take(int count) {
        SHARED.setRelease(ring, cqHead, ring.get(JAVA_INT, cqHead) + count);
    }

    /**
     * Whether the kernel keeps completions that had no place in the ring; the next {@link #enter}
     * puts them there.
     */
    public boolean hasOverflowed() {
        return ((int) SHARED.getAcquire(ring, sqFlags) & IORING_SQ_CQ_OVERFLOW) != 0;
    }

    /**
     * Ends all requests and unmaps the rings, without which the kernel would keep them. The
     * requests end a moment later. Not while another thread uses it.
     */
    @Override
    public void close() {
        if (open) {
            open = false;
            arena.close();
            Descriptors.close(fd);
        }
    }
}
