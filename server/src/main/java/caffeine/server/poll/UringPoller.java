package caffeine.server.poll;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.os.linux.BufferRing;
import caffeine.os.linux.EventFd;
import caffeine.os.linux.IoUring;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * {@link Poller} over io_uring(7). What a turn wants from the kernel is one system call: {@link
 * #poll} submits all requests of the turn, and waits for completions.
 *
 * <ul>
 *   <li>A source of readiness has a poll request, which is made again after each event.
 *   <li>A source of bytes has a receive request while it is watched for input. The first one is for
 *       one reception, since many connections have a single request; the next one stays
 *       (multishot), unless much input comes: the rest of that is received by a system call. The
 *       kernel picks the buffer when bytes arrive.
 *   <li>A listener has an accept request that stays.
 *   <li>Output is copied and sent at the end of the turn, by one request for a source, which never
 *       waits for the client (MSG_DONTWAIT): so when the requests have been submitted, all sends
 *       are done. A close that follows is linked to it.
 * </ul>
 *
 * <p>User data carries the kind of a request, its number, and the descriptor or place: a completion
 * of an earlier request is recognised, and its buffer is given back.
 */
@SuppressWarnings("ReferenceEquality") // a source equals only itself
public final class UringPoller implements Poller {

    private static final int REQUESTS = 512;
    private static final int COMPLETIONS = 4096;
    private static final int BUFFERS = 512;
    private static final int BUFFER_BYTES = 4096;

    /** Output of a turn, and in how many pieces, before it is submitted early. */
    private static final int OUTPUT_BYTES = 256 * 1024;

    private static final int MOST_SENDS = REQUESTS / 2;

    /** Requests for one source without a submission between them. */
    private static final int SPARE_REQUESTS = 4;

    /** Tries to submit while the kernel is short of memory, a millisecond each. */
    private static final int MOST_TRIES = 100;

    private static final long SHORTAGE_NS = 1_000_000;

    private static final int DISARMED = -1;

    // Kinds of requests, in their user data.
    private static final int OTHER = 0;
    private static final int POLL = 1;
    private static final int RECEIVE = 2;
    private static final int ACCEPT = 3;
    private static final int SEND = 4;
    private static final int WAKEUP = 5;
    private static final int KIND_BITS = 3;

    /** No result is known: the kernel is asked. */
    private static final int OPEN = 1;

    /** No user data of ours. */
    private static final long NEVER = -1;

    private static final byte[] NOTHING = {};

    /** A source that is watched, or whose bytes wait until it is watched again. */
    private static final class Registration {
        final Source source;
        final Source.Input input;
        boolean listed;

        /** What the poll request is for, or {@link #DISARMED}. */
        int armed = DISARMED;

        long poll = NEVER;

        /**
         * Whether there is a receive or accept request, and whether its cancellation was asked for.
         */
        boolean taking;

        boolean cancelling;
        boolean multishot;
        long take = NEVER;

        /** The promised send, or -1; and how many requests were pushed with it. */
        int send = -1;

        int sendPushed;

        /** It was not done in full. */
        boolean unsent;

        /** Input that arrived while it was not wanted. */
        byte[] kept = NOTHING;

        int keptFrom;
        int keptTo;

        /** After it: 0 for the end of the input, −errno, or {@link #OPEN}. */
        int outcome = OPEN;

        Registration(Source source) {
            this.source = source;
            this.input = source.input();
        }

        boolean has(int interest) {
            return (source.interest & interest) != 0;
        }

        boolean hasKept() {
            return keptFrom < keptTo || outcome != OPEN;
        }
    }

    /** Separates a wakeup from closing and renewing. */
    private final Object lock = new Object();

    /**
     * Whether descriptors are plentiful: clients are accepted ahead, and closed at the turn's end.
     */
    private final boolean ahead;

    private IoUring ring;
    private BufferRing buffers;
    private int wakeupFd;
    private EventFd.Bell bell;
    private final MemorySegment rung = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
    private boolean wakeupArmed;
    private boolean closed;

    private @Nullable Registration[] registrations = new Registration[64];
    private int sequence;

    /** Those whose requests are to be made before the next wait. */
    private final List<Registration> changed = new ArrayList<>();

    private final List<Registration> arming = new ArrayList<>();

    /** Those that are ready without the kernel: bytes or clients are here. */
    private final List<Registration> here = new ArrayList<>();

    // Completions that were taken from the ring, from the next one to dispatch on.
    private long[] data = new long[COMPLETIONS];
    private int[] results = new int[COMPLETIONS];
    private int[] flags = new int[COMPLETIONS];
    private int next;
    private int count;

    /** The source of the last reception of this turn, when that left nothing. */
    private @Nullable Source dry;

    // Promised output.
    private final MemorySegment output = Arena.ofAuto().allocate(OUTPUT_BYTES);
    private final ByteBuffer outputView = output.asByteBuffer();
    private final @Nullable Registration[] senders = new Registration[MOST_SENDS];
    private final int[] sendEnds = new int[MOST_SENDS];
    private int sends;
    private int outputEnd;

    private final int[] closing = new int[REQUESTS];
    private int closes;

    private UringPoller(boolean ahead) {
        this.ahead = ahead;
        this.ring = IoUring.open(REQUESTS, COMPLETIONS);
        try {
            this.buffers = BufferRing.register(ring, BUFFERS, BUFFER_BYTES);
            this.wakeupFd = newWakeup();
        } catch (Throwable e) {
            ring.close();
            throw e;
        }
        this.bell = new EventFd.Bell(wakeupFd);
    }

    /**
     * Makes a poller that watches nothing yet. The first thread that polls is its thread.
     *
     * @param ahead whether descriptors are plentiful: then clients are accepted before there is a
     *     place for them, and are closed at the end of a turn
     * @throws IllegalStateException when the kernel refuses, with its reason
     */
    public static UringPoller open(boolean ahead) {
        return new UringPoller(ahead);
    }

    /** The same with plentiful descriptors. */
    public static UringPoller open() {
        return open(true);
    }

    /**
     * Tries what this needs.
     *
     * @return why the kernel refuses it; null when it does not
     */
    public static @Nullable String obstacle() {
        int[] ends = new int[2];
        int made = Sockets.socketPair(Sockets.SOCK_STREAM, ends);
        if (made < 0) {
            return failed("socketpair", made);
        }
        try (UringPoller poller = open()) {
            return poller.tryReceiving(ends);
        } catch (RuntimeException refused) {
            return String.valueOf(refused.getMessage());
        } finally {
            Descriptors.close(ends[0]);
            Descriptors.close(ends[1]);
        }
    }

    /** A multishot receive request came last, with Linux 6.0. */
    private @Nullable String tryReceiving(int[] ends) {
        Sockets.send(ends[1], output, 0, 1, 0);
        ring.push(
                IoUring.IORING_OP_RECV,
                IoUring.IOSQE_BUFFER_SELECT,
                IoUring.IORING_RECV_MULTISHOT,
                ends[0],
                0,
                0,
                0,
                0,
                OTHER);
        submit(1, -1);
        int result = results[0];
        return result == 1 ? null : failed("recv by io_uring", Math.min(result, -Errno.EPERM));
    }

    private static int newWakeup() {
        int fd = EventFd.create(0, 0);
        if (fd < 0) {
            throw new IllegalStateException(failed("eventfd", fd));
        }
        return fd;
    }

    private static String failed(String call, int result) {
        return call + ": " + Errno.describe(-result);
    }

    private long newData(int kind, int place) {
        return ((long) ++sequence << (Integer.SIZE + KIND_BITS)) | data(kind, place);
    }

    private static long data(int kind, int place) {
        return ((long) kind << Integer.SIZE) | place;
    }

    private static int kind(long data) {
        return (int) (data >>> Integer.SIZE) & ((1 << KIND_BITS) - 1);
    }

    // ---- registrations

    private @Nullable Registration of(Source source) {
        int fd = source.descriptor;
        Registration known = fd >= 0 && fd < registrations.length ? registrations[fd] : null;
        return known != null && known.source == source ? known : null;
    }

    private boolean isWatched(Registration one) {
        return one.source.interest >= 0 && registrations[one.source.descriptor] == one;
    }

    /** The kernel would report a closed descriptor only later. */
    @Override
    public int add(Source source, int interest) {
        if (source.interest >= 0) {
            throw new IllegalStateException("descriptor " + source.descriptor + " twice");
        }
        int fd = source.descriptor;
        Registration one = of(source);
        if (one == null) {
            int open =
                    source.input() == Source.Input.BYTES ? 0 : Descriptors.getDescriptorFlags(fd);
            if (open < 0) {
                return open;
            }
            if (fd >= registrations.length) {
                registrations =
                        Arrays.copyOf(registrations, Math.max(fd + 1, 2 * registrations.length));
            }
            one = new Registration(source);
            registrations[fd] = one;
        }
        source.interest = interest;
        changed(one);
        return 0;
    }

    @Override
    public void modify(Source source, int interest) {
        Registration one = of(source);
        if (source.interest == interest || source.interest < 0 || one == null) {
            return;
        }
        source.interest = interest;
        if (one.taking && !one.has(Source.READ)) {
            cancelTaking(one);
        }
        changed(one);
    }

    private void changed(Registration one) {
        if (!one.listed) {
            one.listed = true;
            changed.add(one);
        }
    }

    private void cancelTaking(Registration one) {
        if (one.taking && !one.cancelling) {
            one.cancelling = true;
            cancel(IoUring.IORING_OP_ASYNC_CANCEL, one.take);
        }
    }

    private void cancelPoll(Registration one) {
        if (one.armed != DISARMED) {
            one.armed = DISARMED;
            cancel(IoUring.IORING_OP_POLL_REMOVE, one.poll);
        }
    }

    private void cancel(int operation, long request) {
        push(operation, IoUring.IOSQE_CQE_SKIP_SUCCESS, 0, -1, 0, request, 0, 0, OTHER);
    }

    private void push(
            int operation,
            int requestFlags,
            int priority,
            int fd,
            long offset,
            long address,
            int length,
            int operationFlags,
            long userData) {
        if (ring.room() == 0) {
            submit(0, 0);
        }
        ring.push(
                operation,
                requestFlags,
                priority,
                fd,
                offset,
                address,
                length,
                operationFlags,
                userData);
    }

    /**
     * When this returns, there is no receive request: the descriptor may be lent. Bytes that have
     * arrived wait here.
     */
    @Override
    public void remove(Source source) {
        Registration one = of(source);
        if (one == null || source.interest < 0) {
            return;
        }
        settle(source);
        cancelPoll(one);
        if (one.taking) {
            cancelTaking(one);
            while (one.taking) {
                submit(1, -1);
            }
        }
        keepArrived(one);
        source.interest = -1;
        if (!one.hasKept()) {
            registrations[source.descriptor] = null;
        }
    }

    /** Closing does not end requests: they hold the open file. */
    @Override
    public void forget(Source source) {
        Registration one = of(source);
        if (one != null) {
            settle(source);
            drop(one);
        }
    }

    private void drop(Registration one) {
        one.source.interest = -1;
        registrations[one.source.descriptor] = null;
        cancelPoll(one);
        cancelTaking(one);
    }

    // ---- before a wait

    private void arm() {
        if (!wakeupArmed) {
            wakeupArmed = true;
            push(
                    IoUring.IORING_OP_READ,
                    0,
                    0,
                    wakeupFd,
                    0,
                    rung.address(),
                    Long.BYTES,
                    0,
                    data(WAKEUP, wakeupFd));
        }
        arming.addAll(changed);
        changed.clear();
        for (int i = 0; i < arming.size(); i++) {
            Registration one = arming.get(i);
            one.listed = false;
            if (isWatched(one)) {
                arm(one);
            }
        }
        arming.clear();
    }

    private void arm(Registration one) {
        boolean takes = takesAhead(one.input);
        if (takes && one.has(Source.READ)) {
            if (one.hasKept() || one.source.hasArrived()) {
                here.add(one);
            } else if (!one.taking && find(one) == count) { // else dispatch comes first
                take(one);
            }
        }
        int events = one.source.interest;
        if (takes) {
            events &= Source.WRITE;
            if (events == 0 && (one.has(Source.READ) || one.input == Source.Input.CLIENTS)) {
                cancelPoll(one); // the request for input reports a hang-up
                return;
            }
        }
        if (one.armed == DISARMED || (events & ~one.armed) != 0) {
            cancelPoll(one);
            one.armed = events;
            one.poll = newData(POLL, one.source.descriptor);
            push(
                    IoUring.IORING_OP_POLL_ADD,
                    0,
                    0,
                    one.source.descriptor,
                    0,
                    0,
                    0,
                    EpollPoller.toEpoll(events),
                    one.poll);
        }
    }

    private void take(Registration one) {
        int fd = one.source.descriptor;
        one.taking = true;
        one.cancelling = false;
        if (one.input == Source.Input.CLIENTS) {
            one.take = newData(ACCEPT, fd);
            push(
                    IoUring.IORING_OP_ACCEPT,
                    0,
                    IoUring.IORING_ACCEPT_MULTISHOT,
                    fd,
                    0,
                    0,
                    0,
                    Sockets.SOCK_CLOEXEC,
                    one.take);
            return;
        }
        one.take = newData(RECEIVE, fd);
        push(
                IoUring.IORING_OP_RECV,
                IoUring.IOSQE_BUFFER_SELECT,
                one.multishot ? IoUring.IORING_RECV_MULTISHOT : 0,
                fd,
                0,
                0,
                0,
                0,
                one.take);
    }

    @Override
    public int poll(long timeoutNs) {
        if (closed) {
            throw new IllegalStateException("the poller is closed");
        }
        arm();
        boolean waits = next == count && here.isEmpty() && timeoutNs != 0;
        submit(waits ? 1 : 0, timeoutNs);
        return count - next + here.size();
    }

    /** Submits all requests; promised output is sent, or reported as unsent, when this returns. */
    private void submit(int completions, long timeoutNs) {
        buffers.publish();
        int result = ring.enter(completions, timeoutNs);
        collect();
        for (int tries = 0; ring.pending() > 0 || isFailure(result); tries++) {
            if (isFailure(result) || tries == MOST_TRIES) {
                int reason = result < 0 ? result : -Errno.EAGAIN;
                throw new IllegalStateException(failed("io_uring_enter", reason));
            }
            if (tries > 0) {
                LockSupport.parkNanos(SHORTAGE_NS);
            }
            result = ring.enter(0, 0);
            collect();
        }
        for (int i = 0; i < sends; i++) {
            Registration sender = senders[i];
            if (sender != null) {
                sender.send = -1;
                senders[i] = null;
            }
        }
        sends = 0;
        outputEnd = 0;
        closes = 0;
    }

    private static boolean isFailure(int result) {
        return switch (result) {
            case -Errno.ETIME, -Errno.EINTR, -Errno.EBUSY, -Errno.EAGAIN, -Errno.ENOMEM -> false;
            default -> result < 0;
        };
    }

    /** Takes completions out of the ring; calls no source but to let it queue something. */
    private void collect() {
        while (true) {
            int there = ring.ready();
            if (count + there > data.length) {
                int larger = Math.max(count + there, 2 * data.length);
                data = Arrays.copyOf(data, larger);
                results = Arrays.copyOf(results, larger);
                flags = Arrays.copyOf(flags, larger);
            }
            int first = count;
            for (int i = 0; i < there; i++) {
                data[count] = ring.data(i);
                results[count] = ring.result(i);
                flags[count] = ring.flags(i);
                count++;
            }
            ring.take(there);
            for (int i = first; i < first + there; i++) {
                note(i);
            }
            if (!ring.hasOverflowed()) {
                return;
            }
            int _ = ring.enter(0, 0);
        }
    }

    private void note(int i) {
        switch (kind(data[i])) {
            case RECEIVE, ACCEPT -> {
                Registration one = taker(data[i]);
                if (one != null && (flags[i] & IoUring.IORING_CQE_F_MORE) == 0) {
                    one.taking = false;
                    one.cancelling = false;
                    changed(one);
                }
                if (kind(data[i]) == ACCEPT) {
                    accepted(one, results[i]);
                }
            }
            case SEND -> unsent((int) data[i], results[i]);
            default -> {} // dispatch decides
        }
    }

    /** The registration whose request for input this is; null when it has ended. */
    private @Nullable Registration taker(long request) {
        Registration one = registrations[(int) request];
        return one != null && one.take == request ? one : null;
    }

    private static void accepted(@Nullable Registration one, int result) {
        if (one != null && result != -Errno.ECANCELED) {
            one.source.arrived(result);
        } else if (result >= 0) {
            Descriptors.close(result);
        }
    }

    /** A send that the kernel has not done in full; a close that was linked to it is cancelled. */
    private void unsent(int place, int result) {
        Registration one = senders[place];
        int start = place == 0 ? 0 : sendEnds[place - 1];
        if (one == null) {
            return;
        }
        one.send = -1;
        one.unsent = true;
        senders[place] = null;
        if (registrations[one.source.descriptor] != one) { // it was to be closed
            int _ = Sockets.resetOnClose(one.source.descriptor);
            Descriptors.close(one.source.descriptor);
            return;
        }
        int errno = result < 0 ? -result : Errno.EAGAIN;
        try {
            one.source.unsent(outputView, start + Math.max(0, result), sendEnds[place], errno);
        } catch (Throwable mistake) {
            one.source.broken(mistake);
        }
    }

    // ---- after it

    @Override
    public int dispatch(long nowNs) {
        int told = 0;
        Throwable first = null;
        int most = count;
        int waiting = here.size();
        while (next < most) {
            int i = next;
            Registration one = ready(i);
            int readiness = one == null ? 0 : readiness(one, i);
            if (one != null && readiness != 0) {
                Throwable unhandled = one.source.deliver(readiness, nowNs, this);
                first = first == null ? unhandled : first;
                told++;
            }
            if (kind(data[i]) == RECEIVE) {
                keep(i);
            }
            if (one != null && (!one.taking || one.source.hasArrived())) {
                changed(one);
            }
            next = Math.max(next, i + 1);
        }
        for (int i = 0; i < waiting; i++) {
            Registration one = here.get(i);
            if (isWatched(one) && one.has(Source.READ) && hasInput(one)) {
                Throwable unhandled = one.source.deliver(Source.READ, nowNs, this);
                first = first == null ? unhandled : first;
                told++;
            }
            changed(one);
        }
        endBatch(waiting);
        if (first != null) {
            throw Source.unchecked(first);
        }
        return told;
    }

    private static boolean hasInput(Registration one) {
        return one.hasKept() || one.source.hasArrived();
    }

    /** Completions that came meanwhile are for the next time. */
    private void endBatch(int waiting) {
        here.subList(0, waiting).clear();
        int left = count - next;
        System.arraycopy(data, next, data, 0, left);
        System.arraycopy(results, next, results, 0, left);
        System.arraycopy(flags, next, flags, 0, left);
        next = 0;
        count = left;
        dry = null;
        buffers.publish();
    }

    /** The registration of a completion; null when there is none to call. */
    private @Nullable Registration ready(int i) {
        long request = data[i];
        int kind = kind(request);
        Registration one = null;
        if (kind == WAKEUP) {
            wakeupArmed = false;
        } else if (kind == POLL) {
            one = registrations[(int) request];
            if (one == null || one.poll != request || one.armed == DISARMED) {
                return null;
            }
            one.armed = DISARMED;
            changed(one);
        } else if (kind == RECEIVE || kind == ACCEPT) {
            one = taker(request);
        }
        return one != null && isWatched(one) ? one : null;
    }

    private int readiness(Registration one, int i) {
        int result = results[i];
        return switch (kind(data[i])) {
            case POLL -> {
                int readiness = result < 0 ? Source.HANGUP : EpollPoller.fromEpoll(result);
                yield readiness & (one.source.interest | Source.HANGUP);
            }
            case ACCEPT -> one.has(Source.READ) && one.source.hasArrived() ? Source.READ : 0;
            default -> {
                if (isNoNews(result) || one.hasKept() || !one.has(Source.READ)) {
                    yield 0;
                }
                yield result < 0 ? Source.READ | Source.HANGUP : Source.READ;
            }
        };
    }

    /** The request has ended without input, and will be made again if it is still wanted. */
    private static boolean isNoNews(int result) {
        return switch (result) {
            case -Errno.ECANCELED, -Errno.ENOBUFS, -Errno.EAGAIN, -Errno.EINTR -> true;
            default -> false;
        };
    }

    /** Input that was not taken when it was reported: keeps it, and gives the buffer back. */
    private void keep(int i) {
        Registration one = taker(data[i]);
        int buffer = IoUring.buffer(flags[i]);
        int result = results[i];
        data[i] = OTHER;
        if (one != null && !isNoNews(result)) {
            if (result <= 0) {
                one.outcome = result;
            } else {
                keep(one, buffer, 0, result);
            }
            changed(one);
        }
        if (buffer >= 0) {
            buffers.give(buffer);
        }
    }

    private void keep(Registration one, int buffer, int from, int to) {
        int length = to - from;
        int old = one.keptTo - one.keptFrom;
        byte[] longer = Arrays.copyOfRange(one.kept, one.keptFrom, one.keptFrom + old + length);
        buffers.copy(buffer, from, length, longer, old);
        one.kept = longer;
        one.keptFrom = 0;
        one.keptTo = old + length;
    }

    private void keepArrived(Registration one) {
        for (int i = find(one); i < count; i++) {
            if (data[i] == one.take && kind(data[i]) == RECEIVE) {
                keep(i);
            }
        }
    }

    /** The first completion with its input; {@link #count} when there is none. */
    private int find(Registration one) {
        int i = next;
        while (i < count && data[i] != one.take) {
            i++;
        }
        return i;
    }

    // ---- bytes

    @Override
    public boolean takesAhead(Source.Input input) {
        return input == Source.Input.BYTES || (input == Source.Input.CLIENTS && ahead);
    }

    @Override
    public long receive(Source source, MemorySegment to, long length, int receiveFlags) {
        Registration one = of(source);
        if (one == null || one.input != Source.Input.BYTES) {
            return Poller.super.receive(source, to, length, receiveFlags);
        }
        if (one.hasKept()) {
            return takeKept(one, to, length);
        }
        int i = find(one);
        if (i == count && one.taking) {
            submit(0, 0);
            i = find(one);
        } else if (i == count) {
            return Poller.super.receive(source, to, length, receiveFlags);
        }
        long taken = -Errno.EAGAIN;
        while (i < count && data[i] == one.take && !one.hasKept() && taken < length) {
            int result = results[i];
            if (isNoNews(result)) {
                data[i] = OTHER;
            } else if (result <= 0) {
                if (taken > 0) {
                    return taken; // the next call returns this
                }
                data[i] = OTHER;
                return result;
            } else {
                taken = Math.max(0, taken);
                taken += take(one, i, to, taken, length - taken);
            }
            i++;
        }
        if (taken > 0 && taken < length && !one.taking && !one.multishot && find(one) == count) {
            return taken + receiveRest(one, to, taken, length - taken, receiveFlags);
        }
        return taken;
    }

    /** The buffers are small: the rest of a large amount is received by a system call. */
    private static long receiveRest(
            Registration one, MemorySegment to, long from, long most, int receiveFlags) {
        int fd = one.source.descriptor;
        long count = Sockets.recv(fd, to, from, most, receiveFlags | Sockets.MSG_DONTWAIT);
        if (count < 0 && !isNoNews((int) count)) {
            one.outcome = (int) count;
        }
        return Math.max(0, count); // the end of the input is received again
    }

    /** Takes a completion; what is too long is kept. */
    private long take(Registration one, int i, MemorySegment to, long at, long most) {
        int buffer = IoUring.buffer(flags[i]);
        int taken = (int) Math.min(results[i], most);
        buffers.copy(buffer, 0, taken, to, at);
        if (taken < results[i]) {
            keep(one, buffer, taken, results[i]);
            changed(one);
        }
        buffers.give(buffer);
        boolean more = (flags[i] & IoUring.IORING_CQE_F_SOCK_NONEMPTY) != 0;
        dry = more || taken < results[i] ? null : one.source;
        one.multishot = !more;
        if (more) {
            // Much input stays in the kernel, which slows down its sender, until it is wanted.
            cancelTaking(one);
        }
        if (!one.taking) {
            changed(one);
        }
        data[i] = OTHER;
        return taken;
    }

    private static long takeKept(Registration one, MemorySegment to, long length) {
        int taken = (int) Math.min(length, one.keptTo - one.keptFrom);
        if (taken == 0) {
            int outcome = one.outcome;
            one.outcome = OPEN;
            return outcome;
        }
        MemorySegment.copy(one.kept, one.keptFrom, to, ValueLayout.JAVA_BYTE, 0, taken);
        one.keptFrom += taken;
        if (one.keptFrom == one.keptTo) {
            one.kept = NOTHING;
            one.keptFrom = 0;
            one.keptTo = 0;
        }
        return taken;
    }

    @Override
    public boolean isDry(Source source) {
        Registration one = of(source);
        return dry == source && one != null && !one.hasKept() && find(one) == count;
    }

    /** A receive request may have taken it from the socket. */
    @Override
    public int error(Source source) {
        Registration one = of(source);
        if (one != null && one.outcome < 0) {
            return -one.outcome;
        }
        int i = one == null ? count : find(one);
        return i < count && results[i] < 0 ? -results[i] : Poller.super.error(source);
    }

    @Override
    public long send(Source source, MemorySegment from, long offset, long length) {
        Registration one = of(source);
        if (one == null || one.input != Source.Input.BYTES || length > OUTPUT_BYTES) {
            return Poller.super.send(source, from, offset, length);
        }
        if (one.send >= 0
                || sends == MOST_SENDS
                || outputEnd + length > OUTPUT_BYTES
                || ring.room() < SPARE_REQUESTS) {
            one.unsent = false;
            submit(0, 0);
            if (one.unsent) {
                return -Errno.EAGAIN; // these bytes come after those
            }
        }
        one.unsent = false;
        int place = sends++;
        int start = outputEnd;
        MemorySegment.copy(from, offset, output, start, length);
        outputEnd += (int) length;
        sendEnds[place] = outputEnd;
        senders[place] = one;
        one.send = place;
        ring.push(
                IoUring.IORING_OP_SEND,
                IoUring.IOSQE_CQE_SKIP_SUCCESS,
                0,
                source.descriptor,
                0,
                output.address() + start,
                (int) length,
                // A send that is not done in full fails, and so has a completion (WAITALL).
                Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL | Sockets.MSG_WAITALL,
                data(SEND, place));
        one.sendPushed = ring.pushed();
        return length;
    }

    @Override
    public void settle(Source source) {
        Registration one = of(source);
        if (one != null && one.send >= 0) {
            submit(0, 0);
        }
    }

    @Override
    public void close(Source source) {
        int fd = source.descriptor;
        Registration one = of(source);
        if (one == null || !ahead) {
            forget(source);
            Descriptors.close(fd);
            return;
        }
        one.unsent = false;
        if (ring.room() < SPARE_REQUESTS || (one.send >= 0 && one.sendPushed != ring.pushed())) {
            submit(0, 0);
        }
        if (one.unsent) {
            int _ = Sockets.resetOnClose(fd);
        }
        if (one.send >= 0) {
            ring.linkNext();
        }
        closing[closes++] = fd;
        push(IoUring.IORING_OP_CLOSE, IoUring.IOSQE_CQE_SKIP_SUCCESS, 0, fd, 0, 0, 0, 0, OTHER);
        drop(one);
    }

    // ---- the end, and a new beginning

    /** Bytes that have arrived are kept. The old descriptors are closed first. */
    @Override
    public void renew() {
        synchronized (lock) {
            if (!closed) {
                endRequests();
            }
            close();
            for (Registration one : registrations) {
                if (one != null) {
                    keepArrived(one);
                    one.taking = false;
                    one.cancelling = false;
                    one.armed = DISARMED;
                    one.listed = false;
                }
            }
            next = 0;
            count = 0;
            here.clear();
            changed.clear();
            wakeupArmed = false;
            ring = IoUring.open(REQUESTS, COMPLETIONS);
            buffers = BufferRing.register(ring, BUFFERS, BUFFER_BYTES);
            wakeupFd = newWakeup();
            bell = new EventFd.Bell(wakeupFd);
            closed = false;
        }
        watchAgain();
    }

    /** So that no request of the old ring takes bytes or clients. */
    private void endRequests() {
        try {
            push(
                    IoUring.IORING_OP_ASYNC_CANCEL,
                    IoUring.IOSQE_CQE_SKIP_SUCCESS,
                    0,
                    -1,
                    0,
                    0,
                    0,
                    IoUring.IORING_ASYNC_CANCEL_ALL | IoUring.IORING_ASYNC_CANCEL_ANY,
                    OTHER);
            submit(0, 0);
            for (Registration one : registrations) {
                for (int i = 0; one != null && one.taking && i < MOST_TRIES; i++) {
                    submit(1, SHORTAGE_NS);
                }
            }
        } catch (RuntimeException _) {
            // The ring has failed: its requests end with it.
        }
    }

    private void watchAgain() {
        Throwable first = null;
        for (Registration one : registrations.clone()) {
            if (one != null && one.source.interest >= 0) {
                int result = Descriptors.getDescriptorFlags(one.source.descriptor);
                if (result >= 0) {
                    changed(one);
                    continue;
                }
                drop(one);
                Throwable lost = new IllegalStateException(failed("io_uring", result));
                Throwable unhandled = one.source.deliverMistake(lost, this);
                first = first == null ? unhandled : first;
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
    }

    @Override
    public void wakeup() {
        synchronized (lock) {
            if (!closed) {
                bell.ring();
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                finish();
                ring.close();
                Descriptors.close(wakeupFd);
            }
        }
    }

    /** Does what was promised: sends and closes. */
    private void finish() {
        try {
            if (sends + closes > 0) {
                submit(0, 0);
            }
        } catch (RuntimeException _) {
            for (int i = 0; i < sends; i++) {
                unsent(i, -Errno.EIO);
            }
            Descriptors.close(closing, closes);
            sends = 0;
            closes = 0;
        }
    }
}
