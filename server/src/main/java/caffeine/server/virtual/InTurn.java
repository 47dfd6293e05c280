package caffeine.server.virtual;

import caffeine.server.core.ClientAddress;

import java.nio.channels.SocketChannel;
import java.util.List;

/** Gives clients to the lanes in turn. */
final class InTurn implements ChannelAcceptor.Taker {

    private final List<LaneThread> lanes;
    private int next;

    InTurn(List<LaneThread> lanes) {
        this.lanes = lanes;
    }

    @Override
    public void take(SocketChannel client, ClientAddress address) {
        lanes.get(next).serve(client, address);
        next = (next + 1) % lanes.size();
    }
}
