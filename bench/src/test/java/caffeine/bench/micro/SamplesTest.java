package caffeine.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.http.h1.HeadParser;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A benchmark counts only if both sides do the whole work, and come to the same result. */
class SamplesTest {

    @ParameterizedTest
    @EnumSource
    void bothParsersSeeTheSameHead(HeadParserBenchmark.Head head) throws Exception {
        byte[] bytes =
                head == HeadParserBenchmark.Head.SMALL ? Samples.SMALL_HEAD : Samples.BROWSER_HEAD;
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        parser.parse(bytes, 0, bytes.length);
        RequestHead ours = parser.head();

        List<Object> decoded = new ArrayList<>();
        new NettyRequests().decodeAll(Unpooled.wrappedBuffer(bytes), decoded);
        HttpRequest theirs = (HttpRequest) decoded.getFirst();

        assertThat(theirs.decoderResult().isSuccess()).isTrue();
        assertThat(theirs.uri()).isEqualTo(ours.target().text());
        assertThat(theirs.headers().size()).isEqualTo(ours.fields().size());
        for (int i = 0; i < ours.fields().size(); i++) {
            assertThat(theirs.headers().get(ours.fields().name(i)))
                    .isEqualTo(ours.fields().value(i));
        }
    }

    @Test
    void bothDecodersHandOnAllContent() throws Exception {
        long content = (long) Samples.CHUNKS * Samples.CHUNK_BYTES;
        ChunkedDecoderBenchmark benchmark = new ChunkedDecoderBenchmark();
        assertThat(benchmark.caffeine()).isEqualTo(content);
        assertThat(benchmark.netty()).isEqualTo(content);
        assertThat(benchmark.caffeine()).as("once more").isEqualTo(content);
        assertThat(benchmark.netty()).as("once more").isEqualTo(content);
    }

    @Test
    void theScriptsHeadIsComplete() {
        ScriptResponseParser parser = new ScriptResponseBenchmark().caffeine();
        assertThat(parser.kind()).isEqualTo(ScriptResponseParser.Kind.DOCUMENT);
        assertThat(parser.fields().size()).isEqualTo(4);
    }

    @Test
    void bothEncodersWriteTheSameLines() throws Exception {
        HeadEncoderBenchmark benchmark = new HeadEncoderBenchmark();
        assertThat(lines(benchmark.nettyText()))
                .containsExactlyInAnyOrderElementsOf(lines(benchmark.caffeine().toString()));
        assertThat(benchmark.netty()).as("buffers").isPositive();
    }

    /** In lower case, as Netty writes the names of fields. */
    private static List<String> lines(String text) {
        return text.toLowerCase(Locale.ROOT).lines().toList();
    }
}
