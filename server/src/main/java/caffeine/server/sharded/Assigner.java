package caffeine.server.sharded;

import caffeine.server.loop.EventLoop;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.ConnectionLimit;
import caffeine.server.service.Supervisor;
import caffeine.server.service.ThreadGeneration;
import caffeine.server.service.ThreadedEngine.EngineContext;
import caffeine.server.socket.Listener;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Accepts clients for all shards, and assigns each to the one with the fewest. */
final class Assigner implements Acceptor.Taker, Supervisor.ClientSource {

    private final EventLoop loop;
    private final AddressCounts addresses;
    private final Acceptor acceptor;
    private List<Shard> shards;
    private ConnectionLimit room;

    Assigner(EngineContext context, List<Listener> listeners, ThreadGeneration<Shard> assigned) {
        this.loop = context.loop();
        this.addresses = context.addresses();
        this.acceptor = new Acceptor(loop, context.log(), listeners, this, context.reserve(), null);
        this.shards = assigned.all();
        this.room = assigned.room();
        prepare(assigned);
        acceptor.start();
    }

    /** What is to be set up for shards before they run. */
    void prepare(ThreadGeneration<Shard> fresh) {
        fresh.room().whenFree(() -> loop.execute(acceptor::resume));
        int most = fresh.mostPerAddress();
        acceptor.answerErrorsWith(fresh.server().errorPages());
        acceptor.admit(most > 0 ? address -> addresses.tryAdd(address, most) : null);
    }

    /** From now on clients are these shards'. On the loop's thread. */
    void assignTo(ThreadGeneration<Shard> fresh) {
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
