package caffeine.http.h1;

import static caffeine.http.h1.Feeding.bytes;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.OutputBuffer;
import caffeine.http.RequestHead;

import java.util.Arrays;

/** Feeds bodies as {@link Feeding} does heads. */
final class BodyFeeding {
    private BodyFeeding() {}

    /** What became of a body. */
    sealed interface Outcome {}

    /** A violation. */
    record Refused(int status, String section) implements Outcome {}

    /** Input that ended within the body. */
    record Unfinished(String content) implements Outcome {}

    /** All of it. */
    record Accepted(int consumed, String content, long contentBytes) implements Outcome {}

    /** The head of a request with these lines. */
    static RequestHead request(String... lines) {
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        byte[] b = bytes(Feeding.head("POST / HTTP/1.1", lines));
        parser.parse(b, 0, b.length);
        return parser.head();
    }

    /** What the decoder makes of the sample, cut like that. */
    static Outcome decode(
            BodyDecoder decoder, RequestHead head, Limits limits, byte[] sample, int[] cuts) {
        OutputBuffer content = new OutputBuffer();
        try {
            decoder.start(head.contentLength(), limits);
            int consumed = Feeding.feed(sample, cuts, eater(decoder, content));
            return decoder.isComplete()
                    ? new Accepted(consumed, content.toString(), decoder.contentBytes())
                    : new Unfinished(content.toString());
        } catch (HttpException e) {
            return new Refused(e.status(), e.section());
        }
    }

    /** What the decoder makes of the sample, which is the same however it is cut. */
    static Outcome decode(RequestHead head, Limits limits, String sample) {
        BodyDecoder decoder = new BodyDecoder();
        byte[] b = bytes(sample);
        Outcome whole = decode(decoder, head, limits, b, new int[0]);
        for (int[] cuts : Feeding.cuts(b.length)) {
            Outcome other = decode(decoder, head, limits, b, cuts);
            if (!other.equals(whole)) {
                throw new AssertionError(
                        "cut at %s: %s%nwhole: %s".formatted(Arrays.toString(cuts), other, whole));
            }
        }
        return whole;
    }

    private static Feeding.Eater eater(BodyDecoder decoder, OutputBuffer content) {
        return new Feeding.Eater() {
            @Override
            public int eat(byte[] b, int from, int to) {
                return decoder.decode(b, from, to, content::put);
            }

            @Override
            public boolean isSated() {
                return decoder.isComplete();
            }
        };
    }

    /** The content of a chunked body. */
    static String chunked(String body) {
        return chunked(Limits.DEFAULTS, body);
    }

    static String chunked(Limits limits, String body) {
        Outcome outcome = decode(request("Transfer-Encoding: chunked"), limits, body);
        if (outcome instanceof Accepted accepted && accepted.consumed == body.length()) {
            return accepted.content;
        }
        throw new AssertionError(outcome);
    }

    /** The answer to a body that is not well-formed, such as {@code "400 RFC 9112 §7.1"}. */
    static String refused(String body) {
        return refused(Limits.DEFAULTS, body);
    }

    static String refused(Limits limits, String body) {
        Outcome outcome = decode(request("Transfer-Encoding: chunked"), limits, body);
        if (outcome instanceof Refused(int status, String section)) {
            return status + " " + section;
        }
        throw new AssertionError(outcome);
    }
}
