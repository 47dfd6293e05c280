package caffeine.bench.micro;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;

import java.util.List;

/** Netty's response encoder without its pipeline. */
final class NettyResponses extends HttpResponseEncoder {
    private final ChannelHandlerContext context;

    NettyResponses() {
        EmbeddedChannel channel = new EmbeddedChannel(this);
        channel.config().setAllocator(allocator());
        context = channel.pipeline().context(this);
    }

    /**
     * Pooled, in the heap, with a cache for this thread too, which is none of Netty's own: nothing
     * that it has is faster here.
     */
    private static ByteBufAllocator allocator() {
        return new PooledByteBufAllocator(
                false,
                PooledByteBufAllocator.defaultNumHeapArena(),
                0,
                PooledByteBufAllocator.defaultPageSize(),
                PooledByteBufAllocator.defaultMaxOrder(),
                PooledByteBufAllocator.defaultSmallCacheSize(),
                PooledByteBufAllocator.defaultNormalCacheSize(),
                true);
    }

    /** Encodes a message into buffers, which the caller releases. */
    void encodeTo(Object message, List<Object> out) throws Exception {
        encode(context, message, out);
    }
}
