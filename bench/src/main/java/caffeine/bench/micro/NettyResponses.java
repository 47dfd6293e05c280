package caffeine.bench.micro;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;

import java.util.List;

/** Netty's response encoder without its pipeline. */
final class NettyResponses extends HttpResponseEncoder {
    private final ChannelHandlerContext context;

    NettyResponses() {
        context = new EmbeddedChannel(this).pipeline().context(this);
    }

    /** Encodes a message into buffers, which the caller releases. */
    void encodeTo(Object message, List<Object> out) throws Exception {
        encode(context, message, out);
    }
}
