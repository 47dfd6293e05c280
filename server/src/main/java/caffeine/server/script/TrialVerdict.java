package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.http.h1.WholeResponse;

import java.util.List;

/** The mistakes in the output of a script, as far as one run shows them; a sentence for each. */
final class TrialVerdict {

    private final String method;
    private final byte[] kept;
    private final long outputBytes;
    private final boolean timedOut;

    /**
     * @param kept the beginning of its output
     * @param outputBytes how much that was in all
     * @param timedOut whether it was ended before its output was complete
     */
    TrialVerdict(String method, byte[] kept, long outputBytes, boolean timedOut) {
        this.method = method;
        this.kept = kept;
        this.outputBytes = outputBytes;
        this.timedOut = timedOut;
    }

    /** Mistakes of a response that reaches the client unchanged. */
    List<String> ofWhole() {
        return timedOut && outputBytes == 0
                ? List.of()
                : WholeResponse.faults(method, kept, !timedOut && kept.length == outputBytes);
    }

    /** Mistakes of a CGI response with a complete head. */
    List<String> ofCgi(ScriptResponseParser head, ScriptResolver resolver) {
        return switch (head.kind()) {
            case RAW -> ofWhole();
            case LOCAL_REDIRECT -> ofRedirect(head.localTarget(), resolver);
            case DOCUMENT, CLIENT_REDIRECT -> ofLength(head.contentLength());
        };
    }

    private List<String> ofLength(long declared) {
        long content = outputBytes - headBytes();
        boolean unknown = declared == ScriptResponseParser.NO_LENGTH || timedOut;
        if (unknown || method.equals("HEAD") || content == declared) {
            return List.of();
        }
        return List.of(
                "Content-Length says "
                        + declared
                        + ", but "
                        + content
                        + " bytes follow: "
                        + (content < declared
                                ? "the client would be cut off"
                                : "the rest would be dropped")
                        + "; count bytes, not characters, or leave it out");
    }

    /** How long the head is, its empty line included; it was kept, being no longer than that. */
    private int headBytes() {
        String text = new String(kept, ISO_8859_1);
        int lineFeed = text.indexOf('\n');
        while (lineFeed >= 0) {
            int next = text.indexOf('\n', lineFeed + 1);
            boolean empty =
                    next == lineFeed + 1
                            || (next == lineFeed + 2 && text.charAt(lineFeed + 1) == '\r');
            if (empty) {
                return next + 1;
            }
            lineFeed = next;
        }
        return text.length();
    }

    private static List<String> ofRedirect(String target, ScriptResolver resolver) {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        try {
            return resolver.resolve(path) instanceof Script
                    ? List.of()
                    : List.of("it redirects to " + target + ", where no script is");
        } catch (HttpException e) {
            return List.of(
                    "it redirects to " + target + ", which is not an address: " + e.detail());
        }
    }
}
