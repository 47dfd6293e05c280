package caffeine.os.linux;

import caffeine.os.testing.CProbe;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.util.Set;
import java.util.stream.Stream;

/** What we take for the sizes, offsets and numbers of C is what this machine's compiler says. */
@OnLinux
class LinuxLayoutTest {
    @TestFactory
    Stream<DynamicTest> structs() throws IOException {
        return new CProbe("sys/epoll.h", "sys/timerfd.h", "time.h")
                .size("struct epoll_event", EpollEvent.BYTES)
                .offset("struct epoll_event", "events", EpollEvent.EVENTS)
                .offset("struct epoll_event", "data", EpollEvent.DATA)
                .size("struct timespec", 16)
                .offset("struct timespec", "tv_nsec", 8)
                .size("struct itimerspec", 32)
                .offset("struct itimerspec", "it_value", 16)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> constants() throws IOException {
        return new CProbe(
                        "sys/epoll.h",
                        "sys/eventfd.h",
                        "sys/mman.h",
                        "sys/syscall.h",
                        "sys/timerfd.h",
                        "time.h")
                .macros(Epoll.class, Set.of("KERNEL_SIGNAL_SET_BYTES", "TIMEOUT", "ARRAY"))
                .macros(EventFd.class, Set.of())
                .macros(TimerFd.class, Set.of())
                .macros(PidFd.class, Set.of())
                .macros(SharedMemory.class, Set.of())
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> rings() throws IOException {
        return new CProbe("linux/io_uring.h", "sys/syscall.h")
                .macros(
                        IoUring.class,
                        Set.of(
                                "PARAMS_BYTES",
                                "PARAMS_CQ_ENTRIES",
                                "PARAMS_FLAGS",
                                "PARAMS_FEATURES",
                                "PARAMS_SQ_OFF",
                                "PARAMS_CQ_OFF",
                                "SQ_OFF_HEAD",
                                "SQ_OFF_TAIL",
                                "SQ_OFF_FLAGS",
                                "SQ_OFF_ARRAY",
                                "CQ_OFF_HEAD",
                                "CQ_OFF_TAIL",
                                "CQ_OFF_CQES",
                                "SQE_BYTES",
                                "SQE_FLAGS",
                                "SQE_IOPRIO",
                                "SQE_FD",
                                "SQE_OFF",
                                "SQE_ADDR",
                                "SQE_LEN",
                                "SQE_OPERATION_FLAGS",
                                "SQE_USER_DATA",
                                "SQE_BUF_GROUP",
                                "SQE_REST",
                                "CQE_BYTES",
                                "CQE_RES",
                                "CQE_FLAGS",
                                "ARGUMENT_BYTES",
                                "ARGUMENT_TS",
                                "TIMEOUT",
                                "TIMEOUT_BYTES"))
                .expect("IORING_REGISTER_PBUF_RING", BufferRing.IORING_REGISTER_PBUF_RING)
                .size("struct io_uring_params", IoUring.PARAMS_BYTES)
                .offset("struct io_uring_params", "cq_entries", IoUring.PARAMS_CQ_ENTRIES)
                .offset("struct io_uring_params", "flags", IoUring.PARAMS_FLAGS)
                .offset("struct io_uring_params", "features", IoUring.PARAMS_FEATURES)
                .offset("struct io_uring_params", "sq_off", IoUring.PARAMS_SQ_OFF)
                .offset("struct io_uring_params", "cq_off", IoUring.PARAMS_CQ_OFF)
                .offset("struct io_sqring_offsets", "head", IoUring.SQ_OFF_HEAD)
                .offset("struct io_sqring_offsets", "tail", IoUring.SQ_OFF_TAIL)
                .offset("struct io_sqring_offsets", "flags", IoUring.SQ_OFF_FLAGS)
                .offset("struct io_sqring_offsets", "array", IoUring.SQ_OFF_ARRAY)
                .offset("struct io_cqring_offsets", "head", IoUring.CQ_OFF_HEAD)
                .offset("struct io_cqring_offsets", "tail", IoUring.CQ_OFF_TAIL)
                .offset("struct io_cqring_offsets", "cqes", IoUring.CQ_OFF_CQES)
                .size("struct io_uring_sqe", IoUring.SQE_BYTES)
                .offset("struct io_uring_sqe", "flags", IoUring.SQE_FLAGS)
                .offset("struct io_uring_sqe", "ioprio", IoUring.SQE_IOPRIO)
                .offset("struct io_uring_sqe", "fd", IoUring.SQE_FD)
                .offset("struct io_uring_sqe", "off", IoUring.SQE_OFF)
                .offset("struct io_uring_sqe", "addr", IoUring.SQE_ADDR)
                .offset("struct io_uring_sqe", "len", IoUring.SQE_LEN)
                .offset("struct io_uring_sqe", "msg_flags", IoUring.SQE_OPERATION_FLAGS)
                .offset("struct io_uring_sqe", "poll32_events", IoUring.SQE_OPERATION_FLAGS)
                .offset("struct io_uring_sqe", "accept_flags", IoUring.SQE_OPERATION_FLAGS)
                .offset("struct io_uring_sqe", "cancel_flags", IoUring.SQE_OPERATION_FLAGS)
                .offset("struct io_uring_sqe", "user_data", IoUring.SQE_USER_DATA)
                .offset("struct io_uring_sqe", "buf_group", IoUring.SQE_BUF_GROUP)
                .size("struct io_uring_cqe", IoUring.CQE_BYTES)
                .offset("struct io_uring_cqe", "res", IoUring.CQE_RES)
                .offset("struct io_uring_cqe", "flags", IoUring.CQE_FLAGS)
                .size("struct io_uring_getevents_arg", IoUring.ARGUMENT_BYTES)
                .offset("struct io_uring_getevents_arg", "ts", IoUring.ARGUMENT_TS)
                .size("struct io_uring_buf", BufferRing.ENTRY_BYTES)
                .offset("struct io_uring_buf", "len", BufferRing.ENTRY_LEN)
                .offset("struct io_uring_buf", "bid", BufferRing.ENTRY_BID)
                .offset("struct io_uring_buf_ring", "tail", BufferRing.TAIL)
                .size("struct io_uring_buf_reg", BufferRing.REGISTRATION_BYTES)
                .offset("struct io_uring_buf_reg", "ring_entries", BufferRing.REGISTRATION_ENTRIES)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> socketFilters() throws IOException {
        return new CProbe("sys/socket.h", "netinet/tcp.h", "linux/filter.h")
                .expect("SO_ATTACH_FILTER", SocketFilter.SO_ATTACH_FILTER)
                .size("struct sock_filter", SocketFilter.INSTRUCTION_BYTES)
                .offset("struct sock_filter", "jt", SocketFilter.JUMP_TRUE)
                .offset("struct sock_filter", "jf", SocketFilter.JUMP_FALSE)
                .offset("struct sock_filter", "k", SocketFilter.OPERAND)
                .size("struct sock_fprog", SocketFilter.PROGRAM_BYTES)
                .offset("struct sock_fprog", "filter", SocketFilter.PROGRAM_FILTER)
                .expect("BPF_LD | BPF_B | BPF_ABS", SocketFilter.LOAD_BYTE)
                .expect("BPF_JMP | BPF_JSET | BPF_K", SocketFilter.JUMP_IF_SET)
                .expect("BPF_RET | BPF_K", SocketFilter.RETURN)
                .expect("TH_SYN", SocketFilter.SYN)
                .tests();
    }
}
