package caffeine.server.log;

/** A mistake's trace on one line: where it was made and the way there, nearest first. */
public final class Traces {

    private static final int FRAMES = 8;

    private Traces() {}

    /** {@code java.lang.IllegalStateException: text at core.Exchange.respond:120 < …}. */
    public static String describe(Throwable mistake) {
        StringBuilder text = new StringBuilder(mistake.toString());
        StackTraceElement[] frames = mistake.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, FRAMES); i++) {
            text.append(i == 0 ? " at " : " < ")
                    .append(frames[i].getClassName())
                    .append('.')
                    .append(frames[i].getMethodName())
                    .append(':')
                    .append(frames[i].getLineNumber());
        }
        return text.toString();
    }
}
