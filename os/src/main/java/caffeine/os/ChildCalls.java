package caffeine.os;

import caffeine.os.foreign.MachineCode;
import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.Platform;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A child process that makes a list of system calls, the last of which is execve: clone3(2) with
 * CLONE_VM and CLONE_VFORK, so that nothing is copied, and the caller goes on when the program has
 * begun.
 *
 * <p>posix_spawn(3) does the same in over a hundred system calls, because it asks for each signal's
 * action by itself (glibc before 2.38) and maps a stack each time. Here the kernel takes the
 * handlers away (CLONE_CLEAR_SIGHAND), so that none can run in the child; the child needs no stack,
 * and clone3 returns its pidfd (CLONE_PIDFD). docs/adr/0009 has what it gains.
 *
 * <p>Between clone3 and execve the child lives in our memory, so no Java and no C code may run in
 * it: it runs the few instructions below, which touch registers and the list alone. They are for
 * x86-64; elsewhere, and where the kernel (before Linux 5.5) or a seccomp filter refuses clone3,
 * {@link Spawn} uses posix_spawn.
 *
 * <pre>
 *   list: result | number a b c d | number a b c d | …      each 8 bytes
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class ChildCalls {
    // asm/unistd_64.h: the numbers of x86-64, the only processor that this is for.
    static final int SYS_CLOSE = 3;
    static final int SYS_RT_SIGACTION = 13;
    static final int SYS_RT_SIGPROCMASK = 14;
    static final int SYS_DUP2 = 33;
    static final int SYS_EXECVE = 59;
    static final int SYS_FCNTL = 72;
    static final int SYS_CHDIR = 80;
    static final int SYS_SETPGID = 109;
    static final int SYS_SETSID = 112;
    static final int SYS_SCHED_SETAFFINITY = 203;
    static final int SYS_PRLIMIT64 = 302;
    static final int SYS_CLOSE_RANGE = 436;

    // linux/sched.h.
    static final long CLONE_VM = 0x100;
    static final long CLONE_PIDFD = 0x1000;
    static final long CLONE_VFORK = 0x4000;
    static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;

    /** {@code CLONE_ARGS_SIZE_VER0}: what every kernel that has clone3 knows. */
    static final int CLONE_ARGS_BYTES = 64;

    // struct clone_args { __u64 flags, pidfd, child_tid, parent_tid, exit_signal, …; }
    static final int CLONE_ARGS_PIDFD = 8;
    static final int CLONE_ARGS_EXIT_SIGNAL = 32;

    private static final int CALL_BYTES = 5 * Long.BYTES;
    // A call for each signal among them.
    private static final int MOST_CALLS = 16 + 64 + ChildRights.MOST_CALLS;
    private static final int ARGS = 0;
    private static final int PIDFD = ARGS + CLONE_ARGS_BYTES;
    private static final int RESULT = PIDFD + 8;
    private static final int CALLS = RESULT + 8;
    private static final int MEMORY_BYTES = CALLS + MOST_CALLS * CALL_BYTES;

    /** {@code long start(struct clone_args *args, size_t size, long *calls)}. */
    private static final byte[] CODE = {
        (byte) 0xf3,
        0x0f,
        0x1e,
        (byte) 0xfa, //               endbr64
        0x49,
        (byte) 0x89,
        (byte) 0xd0, //                     mov  r8, rdx
        (byte) 0xb8,
        (byte) 0xb3,
        0x01,
        0x00,
        0x00, //         mov  eax, 435       ; clone3
        0x0f,
        0x05, //                                         syscall
        0x48,
        (byte) 0x85,
        (byte) 0xc0, //                     test rax, rax
        0x75,
        0x33, //                                         jnz  parent
        0x4c,
        (byte) 0x89,
        (byte) 0xc3, //                     mov  rbx, r8        ; the child
        0x48,
        (byte) 0x8b,
        0x03, //                      next: mov  rax, [rbx]
        0x48,
        (byte) 0x8b,
        0x7b,
        0x08, //                      mov  rdi, [rbx + 8]
        0x48,
        (byte) 0x8b,
        0x73,
        0x10, //                      mov  rsi, [rbx + 16]
        0x48,
        (byte) 0x8b,
        0x53,
        0x18, //                      mov  rdx, [rbx + 24]
        0x4c,
        (byte) 0x8b,
        0x53,
        0x20, //                      mov  r10, [rbx + 32]
        0x0f,
        0x05, //                                         syscall
        0x48,
        (byte) 0x85,
        (byte) 0xc0, //                     test rax, rax
        0x78,
        0x06, //                                         js   failed
        0x48,
        (byte) 0x83,
        (byte) 0xc3,
        0x28, //               add  rbx, 40
        (byte) 0xeb,
        (byte) 0xe0, //                           jmp  next
        0x49,
        (byte) 0x89,
        0x40,
        (byte) 0xf8, //       failed: mov  [r8 - 8], rax
        (byte) 0xbf,
        0x7f,
        0x00,
        0x00,
        0x00, //                mov  edi, 127
        (byte) 0xb8,
        (byte) 0xe7,
        0x00,
        0x00,
        0x00, //         mov  eax, 231       ; exit_group
        0x0f,
        0x05, //                                         syscall
        (byte) 0xc3, //                                parent: ret
    };

    /** The instructions, mapped once; loaded by the first spawn. */
    private static final class Code {
        static final @Nullable MemorySegment START =
                Platform.LINUX && Platform.X86_64 ? MachineCode.map(CODE) : null;
    }

    private final Memory memory = Memory.allocate(MEMORY_BYTES);
    private int count;
    private int pidFd = -1;
    private boolean refused;

    ChildCalls() {
        memory.putLong(ARGS + CLONE_ARGS_PIDFD, memory.address(PIDFD));
        memory.putLong(ARGS + CLONE_ARGS_EXIT_SIGNAL, Processes.SIGCHLD);
    }

    /** Whether this processor and this process's rules about memory allow it. */
    static boolean isOffered() {
        return Code.START != null;
    }

    void clear() {
        count = 0;
    }

    /** Appends a call; whatever fails ends the child. */
    void add(int number, long a, long b, long c, long d) {
        int at = CALLS + count++ * CALL_BYTES;
        memory.putLong(at, number);
        memory.putLong(at + 8, a);
        memory.putLong(at + 16, b);
        memory.putLong(at + 24, c);
        memory.putLong(at + 32, d);
    }

    /**
     * Starts a child that makes the calls.
     *
     * @param wantsPidFd whether {@link #pidFd} shall be the child's
     * @return its pid when the last call has replaced its program; else the −errno of the call that
     *     failed, and nothing is left of it. {@code -ENOSYS}, {@code -EINVAL} or {@code -EPERM}
     *     with {@link #wasRefused} mean that there is no such clone3 here.
     */
    int start(boolean wantsPidFd) {
        MemorySegment start = Code.START;
        if (start == null) {
            return -Errno.ENOSYS;
        }
        memory.putLong(
                ARGS,
                CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND | (wantsPidFd ? CLONE_PIDFD : 0));
        memory.putLong(RESULT, 0);
        int pid =
                Native.callForResult(
                        start, memory.address(ARGS), CLONE_ARGS_BYTES, memory.address(CALLS));
        if (pid < 0) {
            refused = true;
            return pid;
        }
        refused = false;
        pidFd = wantsPidFd ? memory.getInt(PIDFD) : -1;
        int result = (int) memory.getLong(RESULT);
        if (result == 0) {
            return pid;
        }
        Processes.waitPid(pid, true);
        if (wantsPidFd) {
            Descriptors.close(pidFd);
            pidFd = -1;
        }
        return result;
    }

    /** Whether it was clone3 itself that failed. */
    boolean wasRefused() {
        return refused;
    }

    int pidFd() {
        return pidFd;
    }
}
