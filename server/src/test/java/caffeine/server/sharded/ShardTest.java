package caffeine.server.sharded;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.server.core.ClientAddress;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.options.ServerOptions;
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SlotCount;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.FileLimits;
import caffeine.server.service.ProcessShare;
import caffeine.server.service.Reserve;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

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
                    ProcessShare.of(FileLimits.asTheyAre(), 1, 1, options.limits())
                            .withHandler(Handlers.always(Response.text("hello")));
            Shard shard =
                    new Shard(
                            0,
                            options,
                            logs,
                            HandlerSlots.inProcess(1, SlotCount.of(options), _ -> {}).getFirst(),
                            share,
                            new AddressCounts(),
                            reserve);
            shard.drain();
            assertThat(shard.run()).isNull();
            int[] pipe = new int[2];
            assertThat(Descriptors.pipe2(pipe, 0)).isZero();
            assertThat(share.room().tryTake()).isTrue();
            shard.assign(pipe[0], ClientAddress.UNIX);
            assertThat(Descriptors.getDescriptorFlags(pipe[0])).isEqualTo(-Errno.EBADF);
            assertThat(share.room().tryTake()).isTrue();
            assertThat(shard.connected()).isZero();
            Descriptors.close(pipe[1]);
        }
    }
}
