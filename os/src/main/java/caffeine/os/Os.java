package caffeine.os;

import caffeine.os.foreign.Platform;

/** Whether this module works on the system that it runs on. */
public final class Os {
    private Os() {}

    /**
     * Whether the calls of this module work: on Linux, on x86-64, aarch64 and 64-bit RISC-V.
     * Elsewhere its classes load and every call answers {@code -ENOSYS}.
     */
    public static boolean isLinux() {
        return Platform.LINUX;
    }
}
