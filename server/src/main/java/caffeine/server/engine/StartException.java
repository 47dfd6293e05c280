package caffeine.server.engine;

import org.jspecify.annotations.Nullable;

/** The reason why a server cannot start, for the user: the thing, the reason, the next step. */
public final class StartException extends Exception {

    private static final long serialVersionUID = 2;

    /** Another port may do. */
    private final boolean addressInUse;

    /** With this message. */
    public StartException(String message) {
        this(message, false);
    }

    /**
     * With whether the reason is an address where another socket listens already.
     *
     * @param addressInUse then another port may do
     */
    public StartException(String message, boolean addressInUse) {
        super(message);
        this.addressInUse = addressInUse;
    }

    private StartException(String message, Throwable cause) {
        super(message, cause);
        this.addressInUse = false;
    }

    /** Whether another socket listens at the address already. */
    public boolean isAddressInUse() {
        return addressInUse;
    }

    /** The exception to throw for a failed start: the same, or one with a clear message. */
    public static StartException of(Throwable failure) {
        return failure instanceof StartException same
                ? same
                : new StartException("the server cannot start: " + reason(failure), failure);
    }

    private static String reason(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof IllegalCallerException) {
                return "this JVM does not allow calls of the kernel; start it with"
                        + " --enable-native-access=caffeine.os (on the class path: ALL-UNNAMED), or"
                        + " choose an engine of the JDK's sockets, such as virtual";
            }
        }
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        @Nullable String message = cause.getMessage();
        return message == null || cause instanceof Error ? cause.toString() : message;
    }
}
