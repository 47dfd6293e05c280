package caffeine.os;

/**
 * How a process ended: by exit or by a signal.
 *
 * @param pid the process
 * @param exited whether it called exit; otherwise a signal ended it
 * @param code the argument of exit, 0 to 255; 0 if a signal ended it
 * @param signal the signal that ended it; 0 if it exited
 * @param coreDumped whether the signal left a core dump
 */
public record ExitStatus(int pid, boolean exited, int code, int signal, boolean coreDumped) {
    // siginfo_t.si_code of SIGCHLD (man 2 sigaction).
    static final int CLD_EXITED = 1;
    static final int CLD_DUMPED = 3;

    /**
     * Decodes a result of {@link Processes#waitPid} and similar calls.
     *
     * @param result such a number; positive
     * @throws IllegalArgumentException if it is 0 (no child has ended) or {@code -errno}
     */
    public static ExitStatus of(long result) {
        if (result <= 0) {
            throw new IllegalArgumentException("no exit: ".concat(Long.toString(result)));
        }
        int how = (int) (result >>> 48);
        int status = (int) (result >>> 32) & 0xffff;
        boolean exited = how == CLD_EXITED;
        return new ExitStatus(
                (int) result, exited, exited ? status : 0, exited ? 0 : status, how == CLD_DUMPED);
    }

    /** Packs siginfo's fields into one positive long: code, status, pid. */
    static long pack(int pid, int code, int status) {
        return (long) code << 48 | (status & 0xffffL) << 32 | pid;
    }

    /** Whether it exited with code 0. */
    public boolean isSuccess() {
        return exited && code == 0;
    }

    /** For a log line: {@code "exit 3"}, {@code "SIGSEGV, core dumped"}. */
    @Override
    public String toString() {
        if (exited) {
            return "exit ".concat(Integer.toString(code));
        }
        String name = Processes.name(signal);
        return coreDumped ? name.concat(", core dumped") : name;
    }
}
