package caffeine.bench.micro;

import java.nio.charset.StandardCharsets;

/** The bytes that every benchmark reads. */
final class Samples {

    /** What a load generator sends. */
    static final byte[] SMALL_HEAD =
            bytes(
                    """
                    GET /hello HTTP/1.1
                    Host: 127.0.0.1:8080

                    """);

    /** What a browser sends: thirteen field lines, 690 bytes. */
    static final byte[] BROWSER_HEAD =
            bytes(
                    """
                    GET /reports/2026/summary?sort=date&order=descending&page=3 HTTP/1.1
                    Host: www.example.org
                    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
                    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
                    Accept-Language: en-GB,en;q=0.7,de;q=0.3
                    Accept-Encoding: gzip, deflate, br, zstd
                    Referer: https://www.example.org/reports/2026/
                    Connection: keep-alive
                    Cookie: session=0f8fad5b-d9cb-469f-a165-70867728950e; theme=dark; seen=17
                    Upgrade-Insecure-Requests: 1
                    Sec-Fetch-Dest: document
                    Sec-Fetch-Mode: navigate
                    Sec-Fetch-Site: same-origin
                    If-Modified-Since: Tue, 03 Nov 2026 09:15:00 GMT

                    """);

    /** A form that is sent in {@link #CHUNKS} chunks of {@link #CHUNK_BYTES}. */
    static final byte[] CHUNKED_REQUEST = chunkedRequest();

    static final int CHUNKS = 16;
    static final int CHUNK_BYTES = 512;

    /** A CGI/1.1 response of a framework: fields first, then a small page. */
    static final byte[] SCRIPT_OUTPUT =
            bytes(
                    """
                    Status: 200 OK
                    Content-Type: text/html; charset=utf-8
                    Cache-Control: no-cache, private
                    X-Content-Type-Options: nosniff
                    Set-Cookie: session=0f8fad5b-d9cb-469f-a165-70867728950e; Path=/; HttpOnly

                    <!DOCTYPE html><title>Hello</title><p>Hello
                    """);

    private Samples() {}

    private static byte[] chunkedRequest() {
        StringBuilder text = new StringBuilder();
        text.append(
                """
                POST /form HTTP/1.1
                Host: www.example.org
                Content-Type: application/octet-stream
                Transfer-Encoding: chunked

                """);
        for (int i = 0; i < CHUNKS; i++) {
            text.append(Integer.toHexString(CHUNK_BYTES)).append('\n');
            text.append("x".repeat(CHUNK_BYTES)).append('\n');
        }
        return bytes(text.append("0\n\n").toString());
    }

    private static byte[] bytes(String lines) {
        return lines.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}
