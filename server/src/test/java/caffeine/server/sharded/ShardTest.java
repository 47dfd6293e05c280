package caffeine.server.sharded;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.FileLimits;
import caffeine.server.service.ProcessShare;
import caffeine.server.service.Reserve;
import caffeine.server.service.ServingThread.Setup;
import caffeine.server.service.Shard;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SlotCount;
import caffeine.server.socket.Listener;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

@ExtendWith(NoLeaks.class)
class ShardTest {

    /** Its loop turns no more: nothing else would ever close the descriptor. */
    @Test
    void aClientThatIsAssignedAfterTheEndIsClosedAndItsPlaceIsFree() throws Exception {
        ServerOptions options = TestOptions.defaults();
        try (Logs logs =
                        Logs.open(
                                "test", options.log(), LogFiles.of(LogFiles.NONE, LogFiles.NONE));
                Reserve reserve = new Reserve()) {
            ProcessShare share =
                    ProcessShare.of(
                            FileLimits.asTheyAre(),
                            1,
                            1,
                            options.limits(),
                            Handlers.always(Response.text("hello")));
            Shard shard =
                    new Shard(
                            new Setup(
                                    "shard 1",
                                    options,
                                    logs,
                                    HandlerSlots.inProcess(1, SlotCount.of(options), _ -> {})
                                            .getFirst(),
                                    share,
                                    new AddressCounts(),
                                    reserve,
                                    EpollPoller::open));
            shard.drain();
            assertThat(shard.run()).isNull();
            try (Listener listener =
                            Listener.open(NetworkOptions.of(LoopBench.anyPort())).getFirst();
                    SocketChannel client = SocketChannel.open(listener.address())) {
                int fd = listener.accept();
                assertThat(fd).isNotNegative();
                assertThat(shard.reserve()).isTrue();
                shard.take(listener);
                assertThat(Descriptors.getDescriptorFlags(fd)).isEqualTo(-Errno.EBADF);
                assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
            assertThat(share.room().tryTake()).isTrue();
            assertThat(shard.connected()).isZero();
        }
    }
}
