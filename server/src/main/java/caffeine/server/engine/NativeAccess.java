package caffeine.server.engine;

import caffeine.os.Errno;

/**
 * Whether this process calls the kernel itself ({@code --enable-native-access}). An engine over the
 * JDK's sockets works without it, also on other kernels than Linux.
 */
public final class NativeAccess {

    private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

    private static volatile boolean used;

    private NativeAccess() {}

    /** Makes no native call, and initialises no class that does. */
    public static boolean isEnabled() {
        return LINUX && (used || Errno.class.getModule().isNativeAccessEnabled());
    }

    /** Code that needs it is about to start: Java may print a warning, and allows it. */
    public static void use() {
        used = true;
    }
}
