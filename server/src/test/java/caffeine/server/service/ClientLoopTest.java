package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.buffer.SegmentChain;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Client;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Protocol;
import caffeine.server.engine.StartException;
import caffeine.server.file.FileCaches;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.script.SpoolBudget;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SlotCount;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.ArrayList;
import java.util.List;

@ExtendWith(NoLeaks.class)
class ClientLoopTest {

    private final ServerOptions options = TestOptions.defaults();
    private final EventLoop loop = new EventLoop(EpollPoller.open(), new ManualClock());
    private final SlabPool unsent = used();
    private final SlabPool content = used();

    /** Each reload makes new pools: what the old ones keep would be lost for good. */
    @Test
    void leavesNoMemoryBehindWhenOthersTakeItsPlace() throws StartException {
        Logs logs = logs();
        ClientLoop clients = clients(logs, new ConnectionLimit(10));
        assertThat(unsent.bytes() + content.bytes()).isPositive();
        clients.retire();
        assertThat(unsent.bytes() + content.bytes()).isZero();
        clients.close();
        loop.close();
        logs.close();
    }

    private Logs logs() throws StartException {
        return Logs.open("test", options.log(), LogFiles.of(LogFiles.NONE, LogFiles.NONE));
    }

    private ClientLoop clients(Logs logs, ConnectionLimit room) {
        return new ClientLoop(
                options,
                loop,
                logs.events(),
                HandlerSlots.inProcess(1, SlotCount.of(options), _ -> {}).getFirst(),
                new ProcessShare(
                        1,
                        room,
                        null,
                        unsent,
                        content,
                        new SpoolBudget(0, 0),
                        new FileCaches(),
                        Handlers.always(Response.text("hello"))),
                _ -> {});
    }

    /** Until there is room for one more, and no further. */
    @Test
    void closesThoseThatLingerLongestWhenRoomIsShort() throws StartException {
        ConnectionLimit room = new ConnectionLimit(3);
        List<Lingering> closed = new ArrayList<>();
        try (Logs logs = logs()) {
            ClientLoop clients = clients(logs, room);
            Lingering fresh = new Lingering(clients, 1_000_000, closed);
            Lingering longer = new Lingering(clients, 2_000_000_000, closed);
            Lingering longest = new Lingering(clients, 3_000_000_000L, closed);
            for (Lingering client : List.of(fresh, longer, longest)) {
                room.take();
                clients.serve(client);
            }
            assertThat(closed).containsExactly(longest);
            clients.descriptorsExhausted();
            assertThat(closed).as("and what descriptors cost").containsExactly(longest, longer);
            clients.close();
        }
        loop.close();
    }

    /** A client whose answer is out. */
    private static final class Lingering implements Client {
        private final long ns;
        private final List<Lingering> ended;
        private final ClientLoop clients;

        Lingering(ClientLoop clients, long ns, List<Lingering> ended) {
            this.clients = clients;
            this.ns = ns;
            this.ended = ended;
        }

        @Override
        public long lingeringNs(long nowNs) {
            return ns;
        }

        @Override
        public void endLingering() {
            ended.add(this);
            clients.clientClosed(this);
        }

        @Override
        public ClientAddress client() {
            return ClientAddress.UNIX;
        }

        @Override
        public Protocol protocol() {
            throw new IllegalStateException("it has none");
        }

        @Override
        public boolean isClosed() {
            return ended.contains(this);
        }

        @Override
        public void drain() {}

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void reset() {}

        @Override
        public void broken(Throwable mistake) {}
    }

    /** A pool that keeps an empty slab. */
    private static SlabPool used() {
        SlabPool pool = new SlabPool(1 << 20);
        SegmentChain chain = new SegmentChain(pool);
        assertThat(chain.append(new byte[100], 0, 100)).isTrue();
        chain.close();
        return pool;
    }
}
