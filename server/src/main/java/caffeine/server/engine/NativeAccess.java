package caffeine.server.engine;

import caffeine.os.Errno;

/**
 * Whether this process calls the kernel itself ({@code --enable-native-access}). An engine over the
 * JDK's sockets does without where it may not, and where the kernel is not Linux.
 */
public final class NativeAccess {

    private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

    private static volatile boolean used;

    private NativeAccess() {}

    /** Asks nothing of the kernel, and initialises no class that does. */
    public static boolean isEnabled() {
        return LINUX && (used || Errno.class.getModule().isNativeAccessEnabled());
    }

    /** Something that cannot do without is about to start: Java may warn of it, and lets it. */
    public static void use() {
        used = true;
    }
}
