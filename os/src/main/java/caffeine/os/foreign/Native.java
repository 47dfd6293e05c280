package caffeine.os.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The choke point: every native call of the project passes through here.
 *
 * <p>There is one function shape, {@code (long × 7) -> long}, because every further shape costs
 * milliseconds of start-up in each process. It fits every function that takes integers and
 * pointers, on the 64-bit ABIs of Linux (System V x86-64, AAPCS64, RISC-V):
 *
 * <ul>
 *   <li>integers and pointers travel in whole registers, and a callee that takes an {@code int}
 *       looks at the lower half alone;
 *   <li>surplus arguments are not read, and the caller clears the stack;
 *   <li>variadic functions (fcntl, open, prctl, syscall) read the same registers as others do.
 *       x86-64 also passes an upper bound of the vector registers in use in {@code al}, where any
 *       value is harmless: it only makes the callee save unused registers. (Apple's Arm ABI is
 *       different, which is one reason why nothing here is called off Linux.)
 * </ul>
 *
 * <p>The upper half of an {@code int} result is undefined, so such results are narrowed: {@link
 * #callInt}. errno is captured by the linker right after the call, into memory of the calling
 * thread, before the JVM can run code of its own that changes it.
 *
 * <p>Addresses are constants of the class that wraps the function. One lookup costs 2 µs and a
 * holder class for each 15 to 250 µs (measured), so a class looks up all of its functions at once.
 */
public final class Native {
    /** {@code ENOSYS}, "function not implemented": the result of a missing function. */
    private static final int ENOSYS = 38;

    private Native() {}

    /** Loaded by the first call or lookup, so that JVMs on other systems never load it. */
    @SuppressWarnings("restricted")
    private static final class Downcall {
        static final Linker LINKER = Linker.nativeLinker();

        static final MethodHandle HANDLE =
                LINKER.downcallHandle(
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                                JAVA_LONG, JAVA_LONG),
                        Linker.Option.captureCallState("errno"));
    }

    /**
     * The address of a function of the C library; {@link MemorySegment#NULL} when this C library
     * has none of that name, or this is not Linux.
     */
    public static MemorySegment function(String name) {
        if (!Platform.LINUX) {
            return MemorySegment.NULL;
        }
        return Downcall.LINKER.defaultLookup().find(name).orElse(MemorySegment.NULL);
    }

    /** Whether {@link #function} found something. */
    public static boolean exists(MemorySegment function) {
        return function.address() != 0;
    }

    /** Calls a function that returns a long (ssize_t, off_t, a pointer), −1 on error. */
    public static long call(
            MemorySegment function, long a, long b, long c, long d, long e, long f, long g) {
        if (function.address() == 0) {
            return -ENOSYS;
        }
        ThreadMemory memory = ThreadMemory.current();
        long result = invoke(function, memory.callState(), a, b, c, d, e, f, g);
        return result == -1 ? -memory.errno() : result;
    }

    /** Calls a function that returns an int, −1 on error. */
    public static int callInt(
            MemorySegment function, long a, long b, long c, long d, long e, long f, long g) {
        if (function.address() == 0) {
            return -ENOSYS;
        }
        ThreadMemory memory = ThreadMemory.current();
        int result = (int) invoke(function, memory.callState(), a, b, c, d, e, f, g);
        return result == -1 ? -memory.errno() : result;
    }

    /** Calls a function that returns 0 or an error number and leaves errno alone (posix_spawn). */
    public static int callForErrno(
            MemorySegment function, long a, long b, long c, long d, long e, long f) {
        if (function.address() == 0) {
            return -ENOSYS;
        }
        return -(int) invoke(function, ThreadMemory.current().callState(), a, b, c, d, e, f, 0);
    }

    /** Calls instructions that return what the kernel returns: an int, or −errno. */
    public static int callForResult(MemorySegment function, long a, long b, long c) {
        return (int) invoke(function, ThreadMemory.current().callState(), a, b, c, 0, 0, 0, 0);
    }

    /**
     * Like {@link #call}, with memory for errno from the caller, which has exclusive use of it
     * during the call: for virtual threads, which may be too many to have memory each.
     *
     * @param errno at least {@value ThreadMemory#CALL_STATE_BYTES} bytes
     */
    public static long call(Memory errno, MemorySegment function, long a, long b, long c) {
        if (function.address() == 0) {
            return -ENOSYS;
        }
        MemorySegment state = errno.slice(0, ThreadMemory.CALL_STATE_BYTES);
        long result = invoke(function, state, a, b, c, 0, 0, 0, 0);
        return result == -1 ? -errno.getInt(0) : result;
    }

    private static long invoke(
            MemorySegment function,
            MemorySegment callState,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f,
            long g) {
        try {
            return (long) Downcall.HANDLE.invokeExact(function, callState, a, b, c, d, e, f, g);
        } catch (RuntimeException | Error unchecked) {
            throw unchecked;
        } catch (Throwable t) {
            // invokeExact is declared to throw anything; a downcall throws nothing checked.
            throw new LinkageError("native call failed", t);
        }
    }

    public static long call(MemorySegment function, long a, long b, long c) {
        return call(function, a, b, c, 0, 0, 0, 0);
    }

    public static long call(MemorySegment function, long a, long b, long c, long d) {
        return call(function, a, b, c, d, 0, 0, 0);
    }

    public static int callInt(MemorySegment function, long a) {
        return callInt(function, a, 0, 0, 0, 0, 0, 0);
    }

    public static int callInt(MemorySegment function, long a, long b) {
        return callInt(function, a, b, 0, 0, 0, 0, 0);
    }

    public static int callInt(MemorySegment function, long a, long b, long c) {
        return callInt(function, a, b, c, 0, 0, 0, 0);
    }

    public static int callInt(MemorySegment function, long a, long b, long c, long d) {
        return callInt(function, a, b, c, d, 0, 0, 0);
    }

    public static int callInt(MemorySegment function, long a, long b, long c, long d, long e) {
        return callInt(function, a, b, c, d, e, 0, 0);
    }
}
