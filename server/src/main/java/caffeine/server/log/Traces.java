package caffeine.server.log;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * A stack trace on one line: the nearest call first, then the causes, then suppressed exceptions.
 * Bounded to fit into a line of the log: of many causes the first ones and the last.
 */
public final class Traces {

    private static final int FRAMES = 8;
    private static final int FRAMES_OF_CAUSE = 3;
    private static final int MOST_CAUSES = 4;
    private static final int MOST_SUPPRESSED = 3;
    private static final int MOST_MESSAGE_CHARS = 300;

    /** A limit for endless chains of causes. */
    private static final int MOST_WALKED = 1000;

    private Traces() {}

    /**
     * {@code java.lang.IllegalStateException: text at core.Exchange.respond:120 < …; caused by
     * java.io.IOException: text at …; suppressed java.io.IOException: text at …}. Never throws,
     * even if methods of the exception throw.
     */
    public static String describe(Throwable mistake) {
        StringBuilder text = new StringBuilder(512);
        try {
            List<Throwable> chain = chain(mistake);
            appendOne(text, mistake, FRAMES);
            int last = chain.size() - 1;
            for (int i = 1; i <= last; i++) {
                if (i == MOST_CAUSES && i < last) {
                    text.append("; ").append(last - i).append(" more causes");
                    i = last;
                }
                text.append("; caused by ");
                appendOne(text, chain.get(i), FRAMES_OF_CAUSE);
            }
            appendSuppressed(text, chain);
        } catch (Throwable failed) {
            text.setLength(0);
            text.append(mistake.getClass().getName())
                    .append(", which cannot be described: ")
                    .append(failed.getClass().getName());
        }
        return text.toString();
    }

    /** The mistake, its cause, that one's cause and so on; a circle once. */
    private static List<Throwable> chain(Throwable mistake) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Throwable> chain = new ArrayList<>();
        Throwable next = mistake;
        while (next != null && seen.add(next) && chain.size() < MOST_WALKED) {
            chain.add(next);
            next = next.getCause();
        }
        return chain;
    }

    private static void appendSuppressed(StringBuilder text, List<Throwable> chain) {
        int count = 0;
        for (Throwable each : chain) {
            for (Throwable suppressed : each.getSuppressed()) {
                if (++count <= MOST_SUPPRESSED) {
                    text.append("; suppressed ");
                    appendOne(text, suppressed, 1);
                }
            }
        }
        if (count > MOST_SUPPRESSED) {
            text.append("; ").append(count - MOST_SUPPRESSED).append(" more suppressed");
        }
    }

    private static void appendOne(StringBuilder text, Throwable mistake, int frames) {
        String said = mistake.toString();
        if (said.length() > MOST_MESSAGE_CHARS) {
            text.append(said, 0, MOST_MESSAGE_CHARS).append("...");
        } else {
            text.append(said);
        }
        text.append(" at ");
        appendFrames(text, mistake.getStackTrace(), frames);
    }

    /** {@code core.Exchange.respond:120 < core.Connection.received:97 < …}: where a thread is. */
    public static void appendFrames(StringBuilder text, StackTraceElement[] frames, int most) {
        if (frames.length == 0) {
            text.append("an unknown place");
        }
        for (int i = 0; i < Math.min(frames.length, most); i++) {
            text.append(i == 0 ? "" : " < ")
                    .append(frames[i].getClassName())
                    .append('.')
                    .append(frames[i].getMethodName())
                    .append(':')
                    .append(frames[i].getLineNumber());
        }
    }
}
