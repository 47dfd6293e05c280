package caffeine.os.foreign;

/** The kernel and processor that this JVM runs on, as far as a binding depends on them. */
public final class Platform {
    private static final String ARCHITECTURE = System.getProperty("os.arch", "");

    /** Whether structs that the kernel packs on x86-64 alone are packed. */
    public static final boolean X86_64 = ARCHITECTURE.equals("amd64");

    /**
     * Whether the processor is a 64-bit Arm, whose kernel numbers two flags of open(2) its own way.
     */
    public static final boolean AARCH64 = ARCHITECTURE.equals("aarch64");

    /**
     * Whether this is Linux on a processor whose calling convention, layouts and numbers we know;
     * all of them are little-endian and have 64 bits. Elsewhere every call answers {@code -ENOSYS}.
     */
    public static final boolean LINUX =
            System.getProperty("os.name", "").equals("Linux")
                    && (X86_64 || AARCH64 || ARCHITECTURE.equals("riscv64"));

    private Platform() {}
}
