package caffeine.os.linux;

import caffeine.os.Sockets;
import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;

/**
 * A program with which the kernel decides whether a segment reaches its socket (man 7 socket,
 * SO_ATTACH_FILTER; the kernel's Documentation/networking/filter.rst).
 *
 * <pre>{@code
 * struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; };
 * struct sock_fprog { unsigned short len; struct sock_filter *filter; };   // linux/filter.h
 * }</pre>
 */
public final class SocketFilter {
    static final int SO_ATTACH_FILTER = 26;

    static final int INSTRUCTION_BYTES = 8;
    static final int JUMP_TRUE = 2;
    static final int JUMP_FALSE = 3;
    static final int OPERAND = 4;

    static final int PROGRAM_BYTES = 16;
    static final int PROGRAM_FILTER = 8;

    /** BPF_LD | BPF_B | BPF_ABS: loads a byte. */
    static final int LOAD_BYTE = 0x30;

    /** BPF_JMP | BPF_JSET | BPF_K: jumps by whether the byte has one of these bits. */
    static final int JUMP_IF_SET = 0x45;

    /** BPF_RET | BPF_K: how many bytes of the segment are let through; none, and it is dropped. */
    static final int RETURN = 0x06;

    /** Where a segment's flags are, and the one of the first segment (RFC 9293 §3.1). */
    private static final int FLAGS = 13;

    static final int SYN = 0x02;

    private static final int ALL = -1;

    private static final MemorySegment SETSOCKOPT = Native.function("setsockopt");

    private SocketFilter() {}

    /**
     * Silently drops every segment that requests a connection from now on: the other end tries
     * again later. Handshakes in progress complete. Accepted sockets inherit the filter, which does
     * not affect them.
     *
     * @param fd a TCP socket that listens
     * @return 0; {@code -ENOMEM}, {@code -EPERM} where filters are not allowed
     */
    public static int dropConnectionAttempts(int fd) {
        Memory scratch = ThreadMemory.scratch();
        instruction(scratch, 0, LOAD_BYTE, 0, 0, FLAGS);
        instruction(scratch, 1, JUMP_IF_SET, 0, 1, SYN);
        instruction(scratch, 2, RETURN, 0, 0, 0);
        instruction(scratch, 3, RETURN, 0, 0, ALL);
        scratch.putLong(0, 0);
        scratch.putShort(0, 4);
        scratch.putLong(PROGRAM_FILTER, scratch.address(PROGRAM_BYTES));
        return Native.callInt(
                SETSOCKOPT,
                fd,
                Sockets.SOL_SOCKET,
                SO_ATTACH_FILTER,
                scratch.address(),
                PROGRAM_BYTES);
    }

    private static void instruction(
            Memory memory, int index, int code, int jumpTrue, int jumpFalse, int operand) {
        int at = PROGRAM_BYTES + index * INSTRUCTION_BYTES;
        memory.putShort(at, code);
        memory.putByte(at + JUMP_TRUE, jumpTrue);
        memory.putByte(at + JUMP_FALSE, jumpFalse);
        memory.putInt(at + OPERAND, operand);
    }
}
