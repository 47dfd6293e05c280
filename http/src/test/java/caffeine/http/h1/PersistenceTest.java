package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.head;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PersistenceTest {

    private static boolean persistent(String version, String... lines) {
        return accepted(head("GET / HTTP/" + version, lines)).persistent();
    }

    @Nested
    class Rfc9112Section9_3_Persistence {

        @Test
        void isTheRuleInHttp11() {
            assertThat(persistent("1.1")).isTrue();
            assertThat(persistent("1.2")).isTrue();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "close",
                    "Close",
                    "CLOSE",
                    "x-a,  close",
                    "close,x-a",
                    "\tclose\t,",
                    ",,close",
                    "keep-alive, close",
                    "close, keep-alive"
                })
        void endsWithClose(String value) {
            assertThat(persistent("1.1", "Connection: " + value)).isFalse();
            assertThat(persistent("1.0", "Connection: " + value)).isFalse();
        }

        @Test
        void endsWithCloseInAnyLine() {
            assertThat(persistent("1.1", "Connection: keep-alive", "connection: close")).isFalse();
            assertThat(
                            persistent(
                                    "1.1",
                                    "Connection: x-a",
                                    "X-A: a",
                                    "Connection: b",
                                    "Connection: close"))
                    .isFalse();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "keep-alive",
                    "closed",
                    "clos",
                    "close x",
                    "x-close",
                    "\"close\"",
                    "Upgrade",
                    "close;q=1",
                    "Host"
                })
        void goesOnWithEverythingElse(String value) {
            assertThat(persistent("1.1", "Connection: " + value)).isTrue();
        }

        @Test
        void mustBeAskedForInHttp10() {
            assertThat(persistent("1.0")).isFalse();
            assertThat(persistent("1.0", "Connection: x-a")).isFalse();
            assertThat(persistent("1.0", "Connection: Keep-Alive")).isTrue();
            assertThat(persistent("1.0", "Connection: x-a, keep-alive")).isTrue();
            assertThat(persistent("1.0", "Keep-Alive: timeout=5")).isFalse();
        }
    }
}
