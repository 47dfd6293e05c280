package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;

import org.junit.jupiter.api.Test;

/** What epoll alone does, beside the contract of all pollers. */
class EpollPollerTest {

    @Test
    void saysWhatTheKernelHasAgainstADescriptor() {
        int file = Files.open("/proc/self/status", Files.O_RDONLY, 0);
        try (Poller poller = EpollPoller.open()) {
            ToldSource source = new ToldSource(file, (_, _) -> {});
            assertThat(poller.add(source, Source.READ)).isEqualTo(-Errno.EPERM);
            assertThat(source.isRegistered()).isFalse();
        } finally {
            Descriptors.close(file);
        }
    }
}
