package caffeine.bench.micro;

import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.h1.HeadParser;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

import java.util.ArrayList;
import java.util.List;

/**
 * A request's head, whole in one array: parsed, and parsed and asked for what every server asks
 * (method, target, Host, persistence).
 */
public class HeadParserBenchmark extends Micro {

    /** Which head. */
    public enum Head {
        /** Two lines. */
        SMALL,
        /** Fourteen lines. */
        BROWSER
    }

    @Param public Head head = Head.BROWSER;

    private final HeadParser parser = new HeadParser(Limits.DEFAULTS);
    private final NettyRequests decoder = new NettyRequests();
    private final List<Object> decoded = new ArrayList<>();
    private byte[] bytes = Samples.BROWSER_HEAD;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

    @Setup(Level.Trial)
    public void choose() {
        bytes =
                switch (head) {
                    case SMALL -> Samples.SMALL_HEAD;
                    case BROWSER -> Samples.BROWSER_HEAD;
                };
        buffer = Unpooled.wrappedBuffer(bytes);
    }

    @Benchmark
    public boolean caffeine() {
        parser.reset();
        parser.parse(bytes, 0, bytes.length);
        return parser.isComplete();
    }

    @Benchmark
    public void caffeineRead(Blackhole hole) {
        parser.reset();
        parser.parse(bytes, 0, bytes.length);
        RequestHead request = parser.head();
        hole.consume(request.method());
        hole.consume(request.target().rawPath());
        hole.consume(request.host());
        hole.consume(request.persistent());
    }

    /** Its decoder makes all names and values as it goes; there is nothing lazy to leave out. */
    @Benchmark
    public int netty() throws Exception {
        decoded.clear();
        decoder.decodeAll(buffer.setIndex(0, bytes.length), decoded);
        return decoded.size();
    }

    @Benchmark
    public void nettyRead(Blackhole hole) throws Exception {
        decoded.clear();
        decoder.decodeAll(buffer.setIndex(0, bytes.length), decoded);
        HttpRequest request = (HttpRequest) decoded.getFirst();
        hole.consume(request.method());
        hole.consume(request.uri());
        hole.consume(request.headers().get(HttpHeaderNames.HOST));
        hole.consume(HttpUtil.isKeepAlive(request));
    }
}
