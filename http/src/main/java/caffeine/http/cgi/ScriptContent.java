package caffeine.http.cgi;

/**
 * Counts the content of a script's response and holds the script to the length that it declared:
 * the surplus is dropped, so that it cannot pass for another response, and a shortfall is told, so
 * that a broken response does not look complete (RFC 9112 §8).
 */
public final class ScriptContent {
    private final long declared;
    private final boolean shortfallMatters;
    private long passed;

    private ScriptContent(long declared, boolean shortfallMatters) {
        this.declared = declared;
        this.shortfallMatters = shortfallMatters;
    }

    /**
     * Content of the declared number of bytes, or of any number when that is {@link
     * ScriptResponseParser#NO_LENGTH}.
     */
    public static ScriptContent of(long declaredLength) {
        return new ScriptContent(
                declaredLength < 0 ? Long.MAX_VALUE : declaredLength, declaredLength >= 0);
    }

    /**
     * For a response that has no content (HEAD, 204, 304): all that the script writes is dropped.
     */
    public static ScriptContent none() {
        return new ScriptContent(0, false);
    }

    /**
     * Some content has come.
     *
     * @param bytes how many bytes
     * @return how many of them, from the first on, go to the client
     */
    public int accept(int bytes) {
        int pass = (int) Math.min(bytes, declared - passed);
        passed += pass;
        return pass;
    }

    /** How many bytes went to the client. */
    public long passed() {
        return passed;
    }

    /** Whether the response is whole if the script ends now. */
    public boolean mayEnd() {
        return !shortfallMatters || passed == declared;
    }
}
