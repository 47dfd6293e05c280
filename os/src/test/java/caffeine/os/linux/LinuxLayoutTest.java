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
}
