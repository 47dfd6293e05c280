package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.head;
import static caffeine.http.h1.Feeding.refused;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.RequestTarget.Form;
import caffeine.http.h1.Feeding.Target;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParsedTargetTest {

    private static Target target(String text) {
        return accepted(head("GET " + text + " HTTP/1.1")).target();
    }

    private static String rejected(String text) {
        return refused(head("GET " + text + " HTTP/1.1"));
    }

    @Nested
    class Rfc9112Section3_2_RequestTarget {

        @Test
        void mayHoldAnyVisibleCharacterButFour() {
            StringBuilder all = new StringBuilder("/");
            for (char c = '!'; c <= '~'; c++) {
                if ("\"#%<>?".indexOf(c) < 0) {
                    all.append(c);
                }
            }
            Target target = target(all + "?" + all + "%?");
            assertThat(target.rawPath()).isEqualTo(all.toString());
            assertThat(target.rawQuery()).isEqualTo(all + "%?");
        }

        @Test
        void rejectsEveryOtherByteInPathAndQuery() {
            for (char c = 0; c <= 0xFF; c++) {
                if (c < ' ' || c > '~' || "\"#<>".indexOf(c) >= 0) {
                    assertThat(rejected("/a" + c + "b")).startsWith("400 RFC 9112 §");
                    assertThat(rejected("/a?b" + c + "c")).startsWith("400 RFC 9112 §");
                }
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"/%", "/%4", "/%zz", "/%4g", "/a%%41", "/%%32%65", "/%?41", "/%4?1"})
        void rejectsMalformedTriplesInThePath(String text) {
            assertThat(rejected(text)).isEqualTo("400 RFC 3986 §2.1");
        }

        @Test
        void takesThemInTheQuery() {
            assertThat(target("/?100%").rawQuery()).isEqualTo("100%");
        }

        @Test
        void keepsTriplesAsTheyWereSent() {
            assertThat(target("/%7euser/%2F%00").rawPath()).isEqualTo("/%7euser/%2F%00");
        }

        @ParameterizedTest
        @ValueSource(strings = {"where", "where/now", "?q", "x.test:80", "mailto:me@x.test", "**"})
        void rejectsWhatHasNoForm(String text) {
            assertThat(rejected(text)).isEqualTo("400 RFC 9112 §3.2");
        }
    }

    @Nested
    class Rfc9112Section3_2_1_OriginForm {

        @Test
        void hasAPath() {
            assertThat(target("/where/now"))
                    .isEqualTo(new Target(Form.ORIGIN, "/where/now", "/where/now", null, null, -1));
        }

        @Test
        void hasAPathAndAQuery() {
            assertThat(target("/where?q=now?"))
                    .isEqualTo(
                            new Target(Form.ORIGIN, "/where?q=now?", "/where", "q=now?", null, -1));
        }

        @Test
        void mayHaveAnEmptyQuery() {
            assertThat(target("/?").rawQuery()).isEmpty();
            assertThat(target("/").rawQuery()).isNull();
        }

        @Test
        void twoSlashesBeginAPathAndNoAuthority() {
            assertThat(target("//x.test/a").rawPath()).isEqualTo("//x.test/a");
            assertThat(target("//x.test/a").host()).isNull();
        }
    }

    @Nested
    class Rfc9112Section3_2_2_AbsoluteForm {

        @Test
        void hasAnAuthorityAPathAndAQuery() {
            assertThat(target("http://www.example.org:8080/pub/?q"))
                    .isEqualTo(
                            new Target(
                                    Form.ABSOLUTE,
                                    "http://www.example.org:8080/pub/?q",
                                    "/pub/",
                                    "q",
                                    "www.example.org",
                                    8080));
        }

        @Test
        void anEmptyPathIsASlash() {
            assertThat(target("http://x.test").rawPath()).isEqualTo("/");
            assertThat(target("http://x.test?q").rawPath()).isEqualTo("/");
            assertThat(target("http://x.test?q").rawQuery()).isEqualTo("q");
            assertThat(target("http://x.test?a/b").host()).isEqualTo("x.test");
        }

        @Test
        void theSchemeMayHaveAnyCase() {
            assertThat(target("HTTP://x.test/").form()).isEqualTo(Form.ABSOLUTE);
            assertThat(target("hTtP://x.test/").form()).isEqualTo(Form.ABSOLUTE);
        }

        @Test
        void itsAuthorityWinsOverHost() {
            var request =
                    accepted("GET http://here.test:81/ HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n");
            assertThat(request.host()).isEqualTo("here.test");
            assertThat(request.port()).isEqualTo(81);
            assertThat(request.values("Host")).containsExactly("here.test:81");
        }

        @Test
        void hostMayThenBeEmptyButNotWrong() {
            assertThat(accepted("GET http://x.test/ HTTP/1.1\r\nHost:\r\n\r\n").host())
                    .isEqualTo("x.test");
            assertThat(refused("GET http://x.test/ HTTP/1.1\r\nHost: a b\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void hostIsRequiredNonetheless() {
            assertThat(refused("GET http://x.test/ HTTP/1.1\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §3.2");
            assertThat(accepted("GET http://x.test/ HTTP/1.0\r\n\r\n").host()).isEqualTo("x.test");
        }

        @ParameterizedTest
        @ValueSource(strings = {"http:///", "http://", "http://:80/", "http://?q"})
        void rejectsAnEmptyHost(String text) {
            assertThat(rejected(text)).isEqualTo("400 RFC 9110 §4.2.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://me@x.test/",
                    "http://me:secret@x.test/",
                    "http://x.test:a/",
                    "http://x.test:0/",
                    "http://x.test:65536/",
                    "http://[::1/",
                    "http://a[b/",
                    "http://a|b/",
                    "http://a%zz/"
                })
        void rejectsWhatIsNoHostAndPort(String text) {
            assertThat(rejected(text)).isEqualTo("400 RFC 9112 §3.2.2");
        }

        @ParameterizedTest
        @ValueSource(strings = {"ftp://x.test/", "http:/x.test/", "http:x.test", "http", "ws://x/"})
        void rejectsOtherSchemes(String text) {
            assertThat(rejected(text)).isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void aSecuredResourceIsNotServedUnsecured() {
            assertThat(rejected("https://x.test/")).isEqualTo("421 RFC 9110 §7.4");
        }
    }

    @Nested
    class Rfc9112Section3_2_3_AuthorityForm {

        @Test
        void isForConnect() {
            assertThat(accepted(head("CONNECT www.example.com:80 HTTP/1.1")).target())
                    .isEqualTo(
                            new Target(
                                    Form.AUTHORITY,
                                    "www.example.com:80",
                                    "",
                                    null,
                                    "www.example.com",
                                    80));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "x.test",
                    "x.test:",
                    ":80",
                    "x.test:0",
                    "x.test:99999",
                    "/",
                    "*",
                    "http://x.test:80/",
                    "x.test:80?q",
                    "me@x.test:80"
                })
        void connectHasNoOther(String text) {
            assertThat(refused(head("CONNECT " + text + " HTTP/1.1")))
                    .isEqualTo("400 RFC 9112 §3.2.3");
        }

        @Test
        void leavesHostAsItIs() {
            var request = accepted(head("CONNECT other.test:80 HTTP/1.1"));
            assertThat(request.values("Host")).containsExactly("x.test");
            assertThat(request.host()).isEqualTo("other.test");
        }
    }

    @Nested
    class Rfc9112Section3_2_4_AsteriskForm {

        @Test
        void isForOptions() {
            assertThat(accepted(head("OPTIONS * HTTP/1.1")).target())
                    .isEqualTo(new Target(Form.ASTERISK, "*", "*", null, null, -1));
        }

        @Test
        void isForNoOtherMethod() {
            assertThat(rejected("*")).isEqualTo("400 RFC 9112 §3.2.4");
            assertThat(refused(head("options * HTTP/1.1"))).isEqualTo("400 RFC 9112 §3.2.4");
        }

        @Test
        void hasNothingBehindIt() {
            assertThat(refused(head("OPTIONS *?q HTTP/1.1"))).isEqualTo("400 RFC 9112 §3.2");
        }

        @Test
        void optionsHasTheOtherFormsToo() {
            assertThat(accepted(head("OPTIONS /a HTTP/1.1")).target().form())
                    .isEqualTo(Form.ORIGIN);
        }
    }
}
