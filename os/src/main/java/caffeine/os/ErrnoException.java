package caffeine.os;

/**
 * A failed system call, where no number can be returned: by constructors and factories.
 *
 * <p>The message names the call and the reason: {@code "epoll_create1: EMFILE: Too many open
 * files"}.
 */
public final class ErrnoException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * @param call the failed call, for the message
     * @param errno the error number, positive
     */
    public ErrnoException(String call, int errno) {
        super(call.concat(": ").concat(Errno.describe(errno)));
        this.errno = errno;
    }

    /** The error number, positive: one of the constants of {@link Errno}. */
    public int errno() {
        return errno;
    }

    /**
     * Turns a failed call's result into an exception, where the caller cannot go on.
     *
     * @param result {@code >= 0}, or {@code -errno}
     * @return {@code result}
     * @throws ErrnoException if the result is negative
     */
    public static int check(String call, int result) {
        if (result < 0) {
            throw new ErrnoException(call, -result);
        }
        return result;
    }
}
