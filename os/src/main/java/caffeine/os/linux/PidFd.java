package caffeine.os.linux;

import caffeine.os.foreign.Native;

import java.lang.foreign.MemorySegment;

/**
 * A descriptor of a process, readable once the process has ended (man 2 pidfd_open, Linux 5.3).
 * Unlike a number, it never refers to another process.
 *
 * @see caffeine.os.Processes#waitPidFd
 */
public final class PidFd {
    // By number, the same on every processor: glibc has functions for them only since 2.36.
    private static final int SYS_PIDFD_SEND_SIGNAL = 424;
    private static final int SYS_PIDFD_OPEN = 434;

    private static final MemorySegment SYSCALL = Native.function("syscall");

    private PidFd() {}

    /**
     * Opens a process, which may have ended but must not have been reaped; closes on exec.
     *
     * @return a descriptor; {@code -ESRCH} if there is none, {@code -EMFILE}, {@code -ENFILE},
     *     {@code -ENOSYS} on an older kernel
     */
    public static int open(int pid) {
        return Native.callInt(SYSCALL, SYS_PIDFD_OPEN, pid, 0);
    }

    /**
     * Sends a signal to the process.
     *
     * @return 0; {@code -ESRCH} once it is reaped, {@code -EPERM} if it is another user's, {@code
     *     -EINVAL} for a number that is no signal
     */
    public static int sendSignal(int pidFd, int signal) {
        return Native.callInt(SYSCALL, SYS_PIDFD_SEND_SIGNAL, pidFd, signal, 0, 0);
    }
}
