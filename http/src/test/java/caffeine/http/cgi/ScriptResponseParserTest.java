package caffeine.http.cgi;

import static caffeine.http.cgi.ScriptOutput.assertGarbage;
import static caffeine.http.cgi.ScriptOutput.bytes;
import static caffeine.http.cgi.ScriptOutput.parsed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.HttpException;
import caffeine.http.cgi.ScriptResponseParser.Kind;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptResponseParserTest {

    @Nested
    @DisplayName("RFC 3875 §5: NPH scripts, and whole responses from others")
    class Raw {
        @Test
        void outputThatBeginsLikeAResponseIsPassedOn() {
            ScriptResponseParser parser = parsed("HTTP/1.1 203 Raw\r\nX-Raw: yes\r\n\r\nraw");
            assertThat(parser.kind()).isEqualTo(Kind.RAW);
            assertThat(parser.status()).isEqualTo(203);
            assertThat(parser.rawHead()).isEqualTo(bytes("HTTP/1.1 203 Raw\r\n"));
            assertThat(parser.fields().size()).isZero();
            assertThat(parser.contentLength()).isEqualTo(ScriptResponseParser.NO_LENGTH);
        }

        @Test
        void itIsReadUpToTheEndOfItsFirstLine() {
            ScriptResponseParser parser = new ScriptResponseParser(100, false);
            byte[] b = bytes("..HTTP/1.0 200 OK\nX: y\n\n");
            assertThat(parser.parse(b, 2, b.length)).isEqualTo(18);
            assertThat(parser.isComplete()).isTrue();
            assertThat(parser.parse(b, 18, b.length)).as("nothing more is consumed").isEqualTo(18);
        }

        @ParameterizedTest
        @CsvSource({
            "HTTP/1.1 200, 200",
            "HTTP/1.1 200 , 200",
            "HTTP/1.1 404 Not Found, 404",
            "HTTP/1.1 099 Low, 0",
            "HTTP/1.1 600 High, 0",
            "HTTP/1.1 2000 Long, 0",
            "HTTP/1.1 20, 0",
            "HTTP/1.1 2x0 OK, 0",
            "HTTP/1.1_200 OK, 0",
            "HTTP/1., 0"
        })
        void itsStatusIsForTheLogAlone(String line, int status) {
            assertThat(parsed(line + "\n").status()).isEqualTo(status);
        }

        @ParameterizedTest
        @ValueSource(strings = {"http/1.1 200 OK\n\n", "HTTP/2 200\n\n", "HTTP/11 200 OK\n\n"})
        void nothingElseBeginsLikeAResponse(String output) {
            assertGarbage(output);
        }

        @Test
        void onlyTheFirstLineMayBeAStatusLine() {
            assertGarbage("Content-Type: a/b\nHTTP/1.1 200 OK\n\n");
        }

        @Test
        void whateverAnNphScriptWritesIsPassedOn() {
            ScriptResponseParser parser = parsed("ICY 200 OK\r\n\r\n", true);
            assertThat(parser.kind()).isEqualTo(Kind.RAW);
            assertThat(parser.status()).isZero();
            assertThat(parser.rawHead()).isEqualTo(bytes("ICY 200 OK\r\n"));
        }

        @Test
        void anNphScriptTellsItsStatusToo() {
            assertThat(parsed("HTTP/1.1 201 Made\n", true).status()).isEqualTo(201);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "HTTP/1.1 200 OK"})
        void withoutALineThereIsNoResponse(String output) {
            assertThatThrownBy(() -> parsed(output, true)).isInstanceOf(HttpException.class);
            assertGarbage(output);
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.2: the head and its end")
    class Head {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Content-Type: a/b\nX-A: a\n\nrest",
                    "Content-Type: a/b\r\nX-A: a\r\n\r\nrest",
                    "Content-Type: a/b\r\nX-A: a\n\r\nrest",
                    "Content-Type: a/b\nX-A: a\r\n\nrest"
                })
        void linesEndInEitherWay(String output) {
            assertThat(ScriptOutput.outcome(bytes(output), false))
                    .isEqualTo("DOCUMENT|200|-|Content-Type: a/b\r\nX-A: a\r\n|-1|-||rest");
        }

        @Test
        void endsWithTheEmptyLine() {
            ScriptResponseParser parser = new ScriptResponseParser(100, false);
            byte[] b = bytes("..Content-Type: a/b\n\nContent");
            assertThat(parser.parse(b, 2, b.length)).isEqualTo(21);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "\n", "\r\n", "\n\nhello", "hello", "hello\n", "<html>\n\n"})
        void isNotWhatEveryTextHas(String output) {
            assertGarbage(output);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Content-Type: a/b\n",
                    "Content-Type: a/b",
                    "Content-Type: a/b\r\n\r",
                    "Content-Type: a/b\n\r\r\n"
                })
        void withoutItsEmptyLineIsGarbage(String output) {
            assertGarbage(output);
        }

        @Test
        void longerThanItsLimitIsGarbage() {
            String head = "Content-Type: a/b\n\n";
            byte[] b = bytes(head + "content");
            ScriptResponseParser exact = new ScriptResponseParser(head.length(), false);
            assertThat(exact.parse(b, 0, b.length)).isEqualTo(head.length());
            ScriptResponseParser shorter = new ScriptResponseParser(head.length() - 1, false);
            assertThatThrownBy(() -> shorter.parse(b, 0, b.length))
                    .isInstanceOf(HttpException.class);
        }

        @Test
        void aLineThatNeverEndsIsGarbageAsSoonAsItIsTooLong() {
            ScriptResponseParser parser = new ScriptResponseParser(10, false);
            byte[] b = bytes("Content-Type");
            parser.parse(b, 0, 10);
            assertThatThrownBy(() -> parser.parse(b, 10, 11)).isInstanceOf(HttpException.class);
        }

        @Test
        void tellsNothingBeforeItIsComplete() {
            ScriptResponseParser parser = new ScriptResponseParser(10, false);
            assertThat(parser.isComplete()).isFalse();
            assertThatIllegalStateException().isThrownBy(parser::kind);
            assertThatIllegalStateException().isThrownBy(parser::localTarget);
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.2.1: document")
    class Document {
        @Test
        void isTwoHundredUnlessItSaysSo() {
            ScriptResponseParser parser = parsed("Content-Type: text/plain\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.DOCUMENT);
            assertThat(parser.status()).isEqualTo(200);
            assertThat(parser.reason()).isNull();
            assertThat(parser.fields()).hasToString("Content-Type: text/plain\r\n");
        }

        @Test
        void mayHaveAStatusAlone() {
            ScriptResponseParser parser = parsed("Status: 204\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.DOCUMENT);
            assertThat(parser.status()).isEqualTo(204);
            assertThat(parser.fields().size()).isZero();
        }

        @Test
        void mayTellWhereTheNewThingLies() {
            ScriptResponseParser parser = parsed("Status: 201 Created\nLocation: /things/7\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.DOCUMENT);
            assertThat(parser.fields().first("Location")).isEqualTo("/things/7");
        }

        @Test
        void withoutAnyOfTheThreeFieldsIsGarbage() {
            assertGarbage("X-A: a\nContent-Length: 2\n\nhi");
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.2.2: local redirect")
    class LocalRedirect {
        @ParameterizedTest
        @ValueSource(strings = {"/", "/cgi-bin/echo/after?local=x", "/a//b?c/../|", "/%41?%zz"})
        void isAPathPerhapsWithAQuery(String target) {
            ScriptResponseParser parser = parsed("Location: " + target + "\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.LOCAL_REDIRECT);
            assertThat(parser.localTarget()).isEqualTo(target);
        }

        @Test
        void itsOtherFieldsCountForNothing() {
            ScriptResponseParser parser = parsed("Content-Type: a/b\nLocation: /x\n\nignored");
            assertThat(parser.kind()).isEqualTo(Kind.LOCAL_REDIRECT);
        }

        @ParameterizedTest
        @ValueSource(strings = {"/a b", "/caf\u00e9", "/a\"b", "/<a>", "/a\tb"})
        void toAPathThatNoRequestCouldNameIsGarbage(String target) {
            assertGarbage("Location: " + target + "\n\n");
        }
    }

    @Nested
    @DisplayName("RFC 3875 §6.2.3 and §6.2.4: client redirect")
    class ClientRedirect {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://other.test/there?x=1#y",
                    "//other.test/there",
                    "/here#part",
                    "elsewhere",
                    "mailto:someone@other.test"
                })
        void withoutDocumentIsFoundAndHasNoContent(String location) {
            ScriptResponseParser parser =
                    parsed("Location: " + location + "\nX-A: a\nContent-Length: 9\n\nignored");
            assertThat(parser.kind()).isEqualTo(Kind.CLIENT_REDIRECT);
            assertThat(parser.status()).isEqualTo(302);
            assertThat(parser.contentLength()).isZero();
            assertThat(parser.fields()).hasToString("Location: " + location + "\r\nX-A: a\r\n");
        }

        @Test
        void withDocumentHasTheStatusOfTheScript() {
            ScriptResponseParser parser =
                    parsed("Status: 301 Moved\nLocation: http://o.test/\nContent-Type: a/b\n\nit");
            assertThat(parser.kind()).isEqualTo(Kind.CLIENT_REDIRECT);
            assertThat(parser.status()).isEqualTo(301);
            assertThat(parser.reason()).isEqualTo("Moved");
            assertThat(parser.contentLength()).isEqualTo(ScriptResponseParser.NO_LENGTH);
        }

        @Test
        void withDocumentIsFoundUnlessItSaysSo() {
            ScriptResponseParser parser =
                    parsed("Location: http://o.test/\nContent-Type: a/b\nContent-Length: 2\n\nit");
            assertThat(parser.status()).isEqualTo(302);
            assertThat(parser.contentLength()).isEqualTo(2);
        }

        @Test
        void aPathWithAStatusIsForTheClient() {
            ScriptResponseParser parser =
                    parsed("Status: 303 See Other\nLocation: /form\nContent-Type: a/b\n\n");
            assertThat(parser.kind()).isEqualTo(Kind.CLIENT_REDIRECT);
            assertThat(parser.fields().first("Location")).isEqualTo("/form");
        }
    }
}
