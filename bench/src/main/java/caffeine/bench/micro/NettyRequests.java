package caffeine.bench.micro;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;

import java.util.List;

/**
 * Netty's request decoder without its pipeline: what is measured is the decoding alone, which is to
 * Netty's advantage.
 */
final class NettyRequests extends HttpRequestDecoder {
    private final ChannelHandlerContext context;

    NettyRequests() {
        context = new EmbeddedChannel(this).pipeline().context(this);
    }

    /** Decodes all that is readable: the head, pieces of content, the end. */
    void decodeAll(ByteBuf in, List<Object> out) throws Exception {
        while (in.isReadable()) {
            decode(context, in, out);
        }
    }
}
