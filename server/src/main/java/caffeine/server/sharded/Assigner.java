package caffeine.server.sharded;

import caffeine.server.ErrorPages;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Keeper;
import caffeine.server.service.Room;
import caffeine.server.socket.Listener;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.util.List;

/** Accepts clients for all shards, and assigns each to the one with the fewest. */
final class Assigner implements Acceptor.Taker, Keeper.Door {

    private final List<Shard> shards;
    private final Room room;
    private final SocketAddress listening;
    private final Acceptor acceptor;

    Assigner(
            EventLoop loop,
            Log log,
            Listener listener,
            List<Shard> shards,
            Room room,
            AddressCounts addresses,
            int mostPerAddress,
            ErrorPages pages) {
        this.shards = shards;
        this.room = room;
        this.listening = listener.address();
        this.acceptor =
                new Acceptor(
                        loop,
                        log,
                        listener,
                        this,
                        mostPerAddress > 0 ? a -> addresses.tryAdd(a, mostPerAddress) : null);
        acceptor.answerErrorsWith(pages);
        room.whenFree(() -> loop.execute(acceptor::resume));
        acceptor.start();
    }

    @Override
    public boolean reserve() {
        return room.tryTake();
    }

    @Override
    public void cancel() {
        room.give();
    }

    @Override
    public void take(int fd, MemorySegment sockaddr) {
        Shard emptiest = shards.getFirst();
        for (Shard shard : shards) {
            if (shard.connected() < emptiest.connected()) {
                emptiest = shard;
            }
        }
        emptiest.assign(fd, Listener.client(listening, sockaddr));
    }

    @Override
    public void stop() {
        acceptor.stop();
    }

    @Override
    public void close() {
        acceptor.close();
    }
}
