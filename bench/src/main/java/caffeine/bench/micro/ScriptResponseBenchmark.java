package caffeine.bench.micro;

import caffeine.http.cgi.ScriptResponseParser;

import org.openjdk.jmh.annotations.Benchmark;

/** The head of a script's response, RFC 3875 §6; Netty has nothing like it. */
public class ScriptResponseBenchmark extends Micro {
    private static final int HEAD_LIMIT_BYTES = 32 << 10;

    private final byte[] bytes = Samples.SCRIPT_OUTPUT;

    /** A parser serves one script, so making it is part of the price. */
    @Benchmark
    public ScriptResponseParser caffeine() {
        ScriptResponseParser parser = new ScriptResponseParser(HEAD_LIMIT_BYTES, false);
        parser.parse(bytes, 0, bytes.length);
        return parser;
    }
}
