package caffeine.conformance.harness;

/** Pieces of shell text that many tests' scripts begin with. */
public final class Scripts {

    private static final String DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n";

    /** The head of a direct response that the connection's end ends. */
    public static final String DIRECT_HEAD =
            "printf 'HTTP/1.1 200 OK\\r\\n" + DATE + "Connection: close\\r\\n\\r\\n'\n";

    /** The header of a CGI response. */
    public static final String CGI_HEAD = "printf 'Content-Type: text/plain\\n\\n'\n";

    private Scripts() {}
}
