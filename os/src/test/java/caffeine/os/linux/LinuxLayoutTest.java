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
