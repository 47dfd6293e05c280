package caffeine.http.h1;

/** Receives the content of a request in pieces, without transfer codings. */
@FunctionalInterface
public interface ContentSink {

    /**
     * Takes the bytes from {@code from} to before {@code to}, at least one. The caller keeps
     * ownership of the array, which is valid during this call only.
     */
    void content(byte[] b, int from, int to);
}
