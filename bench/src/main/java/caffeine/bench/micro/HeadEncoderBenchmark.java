package caffeine.bench.micro;

import caffeine.http.HttpDate;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.h1.HeadEncoder;
import caffeine.http.h1.ResponseFraming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;

import org.openjdk.jmh.annotations.Benchmark;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A response with a few fields and thirteen bytes of content, written to memory. */
public class HeadEncoderBenchmark extends Micro {
    static final String TYPE = "text/html; charset=utf-8";
    static final String CACHING = "no-cache, private";
    static final long NOW = 1_793_697_300;
    private static final byte[] CONTENT = {
        'H', 'e', 'l', 'l', 'o', ',', ' ', 'W', 'o', 'r', 'l', 'd', '\n'
    };

    private final OutputBuffer out = new OutputBuffer();
    private final ResponseHead head = ResponseHead.of(200);
    private final byte[] date = HttpDate.format(NOW);
    private final NettyResponses encoder = new NettyResponses();
    private final List<Object> encoded = new ArrayList<>();
    private final FullHttpResponse response =
            new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.OK,
                    Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(CONTENT)));

    public HeadEncoderBenchmark() {
        head.fields().add("Content-Type", TYPE).add("Cache-Control", CACHING);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, TYPE)
                .set(HttpHeaderNames.CACHE_CONTROL, CACHING)
                .set(HttpHeaderNames.DATE, new String(date, StandardCharsets.US_ASCII))
                .set(HttpHeaderNames.CONTENT_LENGTH, CONTENT.length);
    }

    @Benchmark
    public OutputBuffer caffeine() {
        out.clear();
        ResponseFraming framing = ResponseFraming.of("GET", 1, head.status(), CONTENT.length);
        HeadEncoder.encode(out, head, framing, false, 1, date);
        out.put(CONTENT);
        return out;
    }

    @Benchmark
    public int netty() throws Exception {
        encoded.clear();
        encoder.encodeTo(response, encoded);
        for (int i = 0; i < encoded.size(); i++) {
            ReferenceCountUtil.release(encoded.get(i));
        }
        return encoded.size();
    }

    /** What {@link #netty} writes, for the test that compares. */
    String nettyText() throws Exception {
        encoded.clear();
        encoder.encodeTo(response, encoded);
        StringBuilder text = new StringBuilder();
        for (Object buffer : encoded) {
            text.append(((ByteBuf) buffer).toString(StandardCharsets.ISO_8859_1));
        }
        return text.toString();
    }
}
