package caffeine.http.h1;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;

class WholeResponseTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nConnection: close\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                OK + "\r\n",
                OK + "\r\nany content",
                OK + "Content-Length: 3\r\n\r\nabc",
                OK + "Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
                OK + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                "HTTP/1.0 404 \r\nconnection: Close\r\n\r\n",
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"
            })
    void findsNothingInARightOne(String output) {
        assertThat(faults("GET", output)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ''                                | it wrote nothing: the client would get 502
                    Hello                             | it does not begin with a status line but with "Hello"; write HTTP/1.1 200 OK first
                    Content-Type: a/b^^x              | it does not begin with a status line but with "Content-Type: a/b"; this looks like a CGI response: put the script below a cgi-bin folder, or give --cgi
                    HTTP/2 200^^                      | it does not begin with a status line but with "HTTP/2 200"; write HTTP/1.1 200 OK first
                    HTTP/1.1 20 OK^^                  | it does not begin with a status line but with "HTTP/1.1 20 OK"; write HTTP/1.1 200 OK first
                    HTTP/1.1 999 Odd^^                | it does not begin with a status line but with "HTTP/1.1 999 Odd"; write HTTP/1.1 200 OK first
                    HTTP/1.1 200^Connection: close^^  | a space is missing behind the status (RFC 9112 §4): write HTTP/1.1 200 OK
                    HTTP/1.1 100 Go^Connection: close^^ | 100 is an interim status: the client goes on waiting for the final one
                    @x^^                              | line 3 has no colon: "x"
                    @x y: z^^                         | line 3 has no valid field name: "x y: z"
                    @: z^^                            | line 3 has no valid field name: ": z"
                    @A: b^  c^^                       | line 4 begins with a space; folded lines are not allowed (RFC 9112 §5.2)
                    @A: b~c^^                         | A holds a control character
                    @A: b^                            | its head does not end: an empty line is missing before the content
                    @Content-Length: two^^            | Content-Length is not a number: "two"
                    @Content-Length: 1^Content-Length: 2^^a | Content-Length is there twice, with two values
                    @Content-Length: 2^^abc           | Content-Length says 2, but 3 bytes follow; count bytes, not characters, or leave it out
                    @Content-Length: 4^^abc           | Content-Length says 4, but 3 bytes follow; count bytes, not characters, or leave it out
                    @Transfer-Encoding: gzip^^abc     | Transfer-Encoding is not chunked but "gzip"
                    @Transfer-Encoding: chunked^^1^a^ | its chunks do not end: the last is 0, and an empty line follows it (0\\r\\n\\r\\n)
                    @Transfer-Encoding: chunked^^0^^x | 1 bytes follow the last chunk
                    @Transfer-Encoding: chunked^Content-Length: 3^^abc | both Content-Length and Transfer-Encoding: leave one out, or two readers see two responses (RFC 9112 §6.2)
                    HTTP/1.1 204 No Content^Connection: close^^x | a response of status 204 has no content, but 1 bytes follow its head
                    HTTP/1.1 204 No Content^Connection: close^Content-Length: 0^^ | 204 has no content, so no Content-Length or Transfer-Encoding either
                    HTTP/1.1 200 OK^A: b^^            | Connection: close is missing: the connection closes after the response, and without this line a client may send another request, which is lost
                    """)
    void namesEachMistake(String text, String fault) {
        String output = text.replace("@", OK).replace("^", "\r\n").replace("~", "\1");
        assertThat(faults("GET", output)).containsExactly(fault);
    }

    @Test
    void saysWhichLineEndsInABareLineFeed() {
        assertThat(faults("GET", "HTTP/1.1 200 OK\nConnection: close\r\n\n"))
                .containsExactly(
                        "line 1 of its head ends in a bare LF, and so do others; HTTP's lines end"
                                + " in CR LF (\\r\\n, RFC 9112 §2.2)");
        assertThat(faults("GET", OK + "A: b\n\r\n"))
                .containsExactly(
                        "line 3 of its head ends in a bare LF; HTTP's lines end in CR LF (\\r\\n,"
                                + " RFC 9112 §2.2)");
    }

    @Test
    void saysWhatOfChunksCannotBeRead() {
        assertThat(faults("GET", OK + "Transfer-Encoding: chunked\r\n\r\nxyz"))
                .singleElement()
                .asString()
                .startsWith("its chunks cannot be read: ");
    }

    @Test
    void aResponseToHeadHasNoContentWhateverItsLength() {
        assertThat(faults("HEAD", OK + "Content-Length: 3\r\n\r\n")).isEmpty();
        assertThat(faults("HEAD", OK + "Content-Length: 3\r\n\r\nabc"))
                .containsExactly("a response to HEAD has no content, but 3 bytes follow its head");
    }

    @Test
    void ofOneThatWasCutTheEndIsNotMissed() {
        assertThat(partly(OK + "Content-Length: 3\r\n\r\na")).isEmpty();
        assertThat(partly(OK + "Transfer-Encoding: chunked\r\n\r\n1\r\n")).isEmpty();
        assertThat(partly(OK + "Content-Length: 1\r\n\r\nab")).hasSize(1);
    }

    private static List<String> partly(String output) {
        return WholeResponse.faults("GET", output.getBytes(StandardCharsets.ISO_8859_1), false);
    }

    private static List<String> faults(String method, String output) {
        return WholeResponse.faults(method, output.getBytes(StandardCharsets.ISO_8859_1), true);
    }
}
