package caffeine.os;

/**
 * The result of waitid (man 2 sigaction), on 64 bits.
 *
 * <pre>{@code
 * typedef struct {
 *     int   si_signo;
 *     int   si_errno;
 *     int   si_code;      // CLD_EXITED, CLD_KILLED, CLD_DUMPED
 *     int   __pad0;
 *     pid_t si_pid;
 *     uid_t si_uid;
 *     int   si_status;    // exit code or signal
 *     ...                 // 128 bytes in all
 * } siginfo_t;
 * }</pre>
 */
final class SignalInfo {
    static final int CODE = 8;
    static final int PID = 16;
    static final int STATUS = 24;
    static final int BYTES = 128;

    private SignalInfo() {}
}
