package caffeine.server.sharded;

import caffeine.server.loop.EventLoop;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Keeper;
import caffeine.server.service.PartGroup;
import caffeine.server.service.PartsEngine.Keeping;
import caffeine.server.service.Room;
import caffeine.server.socket.Listener;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Accepts clients for all shards, and assigns each to the one with the fewest. */
final class Assigner implements Acceptor.Taker, Keeper.Door {

    private final EventLoop loop;
    private final AddressCounts addresses;
    private final Acceptor acceptor;
    private List<Shard> shards;
    private Room room;

    Assigner(Keeping keeping, List<Listener> listeners, PartGroup<Shard> assigned) {
        this.loop = keeping.loop();
        this.addresses = keeping.addresses();
        this.acceptor = new Acceptor(loop, keeping.log(), listeners, this, keeping.reserve(), null);
        this.shards = assigned.all();
        this.room = assigned.room();
        prepare(assigned);
        acceptor.start();
    }

    /** What is to be set up for shards before they run. */
    void prepare(PartGroup<Shard> fresh) {
        fresh.room().whenFree(() -> loop.execute(acceptor::resume));
        int most = fresh.mostPerAddress();
        acceptor.answerErrorsWith(fresh.server().errorPages());
        acceptor.admit(most > 0 ? address -> addresses.tryAdd(address, most) : null);
    }

    /** From now on clients are these shards'. On the loop's thread. */
    void assignTo(PartGroup<Shard> fresh) {
        shards = fresh.all();
        room = fresh.room();
        acceptor.resume();
    }

    @Override
    public boolean reserve() {
        return room.tryTake();
    }

    @Override
    public void exhausted() {
        room.exhausted();
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
        emptiest.assign(fd, Listener.client(sockaddr));
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
