package caffeine.os.foreign;

/** The kernel and processor that this JVM runs on, as far as a binding depends on them. */
public final class Platform {
    /** Whether the kernel is Linux on 64 bits; elsewhere every call answers {@code -ENOSYS}. */
    public static final boolean LINUX =
            property("os.name").equals("Linux") && property("sun.arch.data.model").equals("64");

    /** Whether structs that the kernel packs on x86-64 alone are packed. */
    public static final boolean X86_64 = property("os.arch").equals("amd64");

    /**
     * Whether the processor is a 64-bit Arm, whose kernel numbers some open(2) flags its own way.
     */
    public static final boolean AARCH64 = property("os.arch").equals("aarch64");

    private Platform() {}

    private static String property(String name) {
        return System.getProperty(name, "");
    }
}
