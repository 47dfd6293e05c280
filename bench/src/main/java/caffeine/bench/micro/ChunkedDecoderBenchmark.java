package caffeine.bench.micro;

import caffeine.http.Limits;
import caffeine.http.h1.BodyDecoder;
import caffeine.http.h1.ContentSink;
import caffeine.http.h1.HeadParser;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpContent;
import io.netty.util.ReferenceCountUtil;

import org.openjdk.jmh.annotations.Benchmark;

import java.util.ArrayList;
import java.util.List;

/** A request with content in chunks: its head, and every chunk handed on as a slice. */
public class ChunkedDecoderBenchmark extends Micro {
    private final HeadParser parser = new HeadParser(Limits.DEFAULTS);
    private final BodyDecoder body = new BodyDecoder();
    private final NettyRequests decoder = new NettyRequests();
    private final List<Object> decoded = new ArrayList<>();
    private final byte[] bytes = Samples.CHUNKED_REQUEST;
    private final ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
    private long received;
    private final ContentSink count = (b, from, to) -> received += to - from;

    @Benchmark
    public long caffeine() {
        received = 0;
        parser.reset();
        int contentAt = parser.parse(bytes, 0, bytes.length);
        body.start(parser.head().contentLength(), Limits.DEFAULTS);
        body.decode(bytes, contentAt, bytes.length, count);
        return received;
    }

    @Benchmark
    public long netty() throws Exception {
        received = 0;
        decoded.clear();
        decoder.decodeAll(buffer.setIndex(0, bytes.length), decoded);
        for (int i = 0; i < decoded.size(); i++) {
            if (decoded.get(i) instanceof HttpContent content) {
                received += content.content().readableBytes();
            }
            ReferenceCountUtil.release(decoded.get(i));
        }
        return received;
    }
}
