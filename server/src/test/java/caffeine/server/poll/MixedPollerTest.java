package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Descriptors beside channels; {@link PollerContractTest} has the channels. */
class MixedPollerTest {

    private static final long NOW = 42;
    private static final long NO_END = -1;
    private static final int READ = Source.READ;

    private final Poller poller = MixedPoller.open();
    private final List<End> open = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void close() {
        poller.close();
        open.forEach(End::close);
    }

    private End[] sockets(Ends kind) {
        End[] ends = kind.sockets();
        open.addAll(List.of(ends));
        return ends;
    }

    private ToldSource watched(String name, End end) {
        ToldSource source =
                end.source(
                        (readiness, nowNs) -> {
                            assertThat(readiness).isEqualTo(READ);
                            assertThat(nowNs).isEqualTo(NOW);
                            told.add(name);
                        });
        assertThat(poller.add(source, READ)).isZero();
        return source;
    }

    /** Waits without end: the test hangs if nothing wakes it. */
    private void pollUntilTold() {
        told.clear();
        while (told.isEmpty()) {
            poller.poll(NO_END);
            poller.dispatch(NOW);
        }
    }

    @Test
    void aDescriptorEndsTheWaitAndIsToldAgainUntilItIsRead() {
        End[] ends = sockets(Ends.DESCRIPTORS);
        watched("descriptor", ends[0]);
        ends[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("descriptor");
        pollUntilTold();
        assertThat(told).containsExactly("descriptor");
    }

    @Test
    void aChannelEndsTheWaitBesideAQuietDescriptor() {
        End[] channels = sockets(Ends.CHANNELS);
        watched("descriptor", sockets(Ends.DESCRIPTORS)[0]);
        watched("channel", channels[0]);
        channels[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("channel");
    }

    @Test
    void aDescriptorIsAddedAndRemovedWhileTheHelperWaits() {
        End[] first = sockets(Ends.DESCRIPTORS);
        End[] second = sockets(Ends.DESCRIPTORS);
        ToldSource removed = watched("first", first[0]);
        watched("second", second[0]);
        poller.remove(removed);
        first[1].write();
        second[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("second");
    }

    @Test
    void aMistakeOfADescriptorIsThrownAndTheNextEventsCome() {
        End[] ends = sockets(Ends.DESCRIPTORS);
        ToldSource source = watched("descriptor", ends[0]);
        source.action =
                _ -> {
                    throw new IllegalStateException("mistake");
                };
        ends[1].write();
        assertThatThrownBy(this::pollUntilTold).hasMessage("mistake");
        assertThat(source.isRegistered()).isFalse();
        End[] others = sockets(Ends.DESCRIPTORS);
        watched("other", others[0]);
        others[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("other");
    }

    @Test
    void bothAreWatchedOnceItIsRenewed() {
        End[] descriptors = sockets(Ends.DESCRIPTORS);
        End[] channels = sockets(Ends.CHANNELS);
        watched("descriptor", descriptors[0]);
        watched("channel", channels[0]);
        poller.renew();
        descriptors[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("descriptor");
        descriptors[0].read();
        channels[1].write();
        pollUntilTold();
        assertThat(told).containsExactly("channel");
    }

    @Test
    void aWakeupEndsTheWait() {
        watched("descriptor", sockets(Ends.DESCRIPTORS)[0]);
        poller.wakeup();
        poller.poll(NO_END);
        assertThat(poller.dispatch(NOW)).isZero();
    }
}
