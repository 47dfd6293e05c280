package caffeine.http.h1;

/** What takes the content of a request, piece by piece, transfer codings removed. */
@FunctionalInterface
public interface ContentSink {

    /**
     * Takes the bytes from {@code from} to before {@code to}, at least one. The array is the
     * caller's, and its content holds during this call only.
     */
    void content(byte[] b, int from, int to);
}
