package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.ServerOptions;
import caffeine.server.buffer.SegmentChain;
import caffeine.server.buffer.SlabPool;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SlotCount;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class ClientLoopTest {

    private final EventLoop loop = new EventLoop(EpollPoller.open(), new ManualClock());
    private final SlabPool unsent = used();
    private final SlabPool content = used();

    /** Each reload makes new pools: what the old ones keep would be lost for good. */
    @Test
    void leavesNoMemoryBehindWhenOthersTakeItsPlace() throws StartException {
        ServerOptions options = TestOptions.defaults();
        Logs logs = Logs.open("test", options.log(), LogFiles.of(LogFiles.NONE, LogFiles.NONE));
        ClientLoop clients =
                new ClientLoop(
                        options,
                        loop,
                        logs.events(),
                        HandlerSlots.inProcess(1, SlotCount.of(options), _ -> {}).getFirst(),
                        new ProcessShare(
                                1,
                                new Room(10),
                                null,
                                unsent,
                                content,
                                Handlers.always(Response.text("hello"))),
                        _ -> {});
        assertThat(unsent.bytes() + content.bytes()).isPositive();
        clients.retire();
        assertThat(unsent.bytes() + content.bytes()).isZero();
        clients.close();
        loop.close();
        logs.close();
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
