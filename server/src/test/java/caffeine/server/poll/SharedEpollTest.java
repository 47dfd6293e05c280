package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Lane;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;

/** A set whose one thread that waits removes each source that it hands over. */
class SharedEpollTest {

    private static final int READ = Source.READ;
    private static final long LONG_NS = 60_000_000_000L;

    private final MemorySegment memory = Arena.ofAuto().allocate(16);
    private final SharedEpoll epoll = SharedEpoll.deleting(8);
    private final SharedEpoll.Waiter waiter = epoll.waiter();
    private final int[] ends = new int[2];
    private final ArrayDeque<Long> again = new ArrayDeque<>();
    private final StringBuilder received = new StringBuilder();
    private boolean readsAgain = true;

    private final Lane lane =
            new Lane(
                    epoll,
                    new Lane.Host() {
                        @Override
                        public void schedule(Lane scheduled) {
                            throw new AssertionError("it is driven here alone");
                        }

                        @Override
                        public void plan(Lane planned, long atNs) {
                            throw new AssertionError("it has no timers");
                        }
                    });

    @BeforeEach
    void open() {
        lane.drives(new EventLoop(lane, Clock.SYSTEM), _ -> {});
        epoll.readAgainBy(data -> readsAgain && again.add(data));
        assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
    }

    @AfterEach
    void close() {
        Descriptors.close(ends[0]);
        Descriptors.close(ends[1]);
        epoll.close();
    }

    private final class Client extends Source {
        Client() {
            super(ends[0]);
        }

        @Override
        protected Input input() {
            return Input.BYTES;
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            long count = lane.receive(this, memory, 1, 0);
            if (count > 0) {
                received.append((char) memory.get(ValueLayout.JAVA_BYTE, 0));
            } else {
                assertThat(count).isEqualTo(-Errno.EAGAIN);
            }
        }
    }

    private Client watched() {
        Client client = new Client();
        lane.enter(() -> assertThat(lane.add(client, READ)).isZero());
        return client;
    }

    private void hears(char letter) {
        memory.set(ValueLayout.JAVA_BYTE, 0, (byte) letter);
        assertThat(Sockets.send(ends[1], memory, 0, 1, 0)).isEqualTo(1);
    }

    private void enter(LanePoller entered, Source source, int generation, int readiness) {
        ((Lane) entered).enter(source, generation, readiness);
    }

    private void deliverNext() {
        assertThat(waiter.await(LONG_NS, 8)).isEqualTo(1);
        epoll.deliver(waiter.data(0), waiter.readiness(0), this::enter);
    }

    private boolean isWatched() {
        return waiter.await(0, 8) > 0;
    }

    @Test
    void aSourceIsAddedAgainAfterItsEvent() {
        readsAgain = false;
        Client client = watched();
        hears('a');
        deliverNext();
        hears('b');
        deliverNext();
        assertThat(received).hasToString("ab");
        lane.enter(() -> lane.remove(client));
        hears('c');
        assertThat(isWatched()).isFalse();
    }

    @Test
    void aSourceIsReadUntilThatFindsNothingAndThenAddedAgain() {
        Client client = watched();
        hears('a');
        deliverNext();
        hears('b');
        assertThat(isWatched()).as("it is not in the set").isFalse();
        epoll.deliverAgain(again.remove(), this::enter);
        assertThat(received).hasToString("ab");
        epoll.deliverAgain(again.remove(), this::enter);
        assertThat(again).as("there was nothing").isEmpty();
        hears('c');
        deliverNext();
        assertThat(received).hasToString("abc");
        lane.enter(() -> lane.remove(client));
    }

    @Test
    void aSourceThatWasRemovedMeanwhileIsNotRead() {
        Client client = watched();
        hears('a');
        deliverNext();
        lane.enter(() -> lane.remove(client));
        hears('b');
        epoll.deliverAgain(again.remove(), this::enter);
        assertThat(received).hasToString("a");
        Client other = watched();
        epoll.deliverAgain((long) client.generation << 32 | ends[0], this::enter);
        assertThat(received).as("nor another one in its place").hasToString("a");
        deliverNext();
        assertThat(received).hasToString("ab");
        lane.enter(() -> lane.remove(other));
    }

    @Test
    void anotherInterestAddsItAtOnce() {
        Client client = watched();
        hears('a');
        deliverNext();
        lane.enter(() -> lane.modify(client, READ | Source.WRITE));
        long before = again.remove();
        epoll.deliverAgain(before, this::enter);
        assertThat(again).isEmpty();
        assertThat(isWatched()).as("it can be written").isTrue();
        lane.enter(() -> lane.remove(client));
    }
}
