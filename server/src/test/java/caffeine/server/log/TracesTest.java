package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;

class TracesTest {

    private static final String HERE = " at " + TracesTest.class.getName() + ".";

    @Test
    void nameThePlaceAndTheWayThere() {
        assertThat(Traces.describe(new IllegalStateException("mine")))
                .startsWith(
                        "java.lang.IllegalStateException: mine"
                                + HERE
                                + "nameThePlaceAndTheWayThere:")
                .contains(" < ");
    }

    @Test
    void nameAllCausesNearestFirst() {
        Throwable root = new IOException("disk");
        Throwable middle = new IllegalStateException("middle", root);
        assertThat(Traces.describe(new Error("top", middle)))
                .containsSubsequence(
                        "java.lang.Error: top" + HERE,
                        "; caused by java.lang.IllegalStateException: middle" + HERE,
                        "; caused by java.io.IOException: disk" + HERE);
    }

    @Test
    void ofManyCausesNameTheFirstAndTheLast() {
        Throwable chain = new IOException("root");
        for (int i = 100; i > 0; i--) {
            chain = new IllegalStateException("x".repeat(1000) + i, chain);
        }
        assertThat(Traces.describe(chain))
                .containsOnlyOnce("; 96 more causes; caused by java.io.IOException: root" + HERE)
                .hasSizeLessThan(Lines.MOST_BYTES);
    }

    @Test
    void doNotGoRoundInCircles() {
        Exception first = new IOException("first");
        Exception second = new IllegalStateException("second", first);
        first.initCause(second);
        first.addSuppressed(second);
        second.addSuppressed(first);
        assertThat(Traces.describe(first))
                .containsOnlyOnce("; caused by ")
                .containsSubsequence(
                        "java.io.IOException: first" + HERE,
                        "; caused by java.lang.IllegalStateException: second" + HERE,
                        "; suppressed java.lang.IllegalStateException: second" + HERE,
                        "; suppressed java.io.IOException: first" + HERE);
    }

    @Test
    void countSuppressedOnesThatAreTooMany() {
        Exception mistake = new IOException("mine");
        for (int i = 1; i <= 10; i++) {
            mistake.addSuppressed(new IOException("closing " + i));
        }
        assertThat(Traces.describe(mistake))
                .contains("; suppressed java.io.IOException: closing 3" + HERE)
                .doesNotContain("closing 4")
                .endsWith("; 7 more suppressed");
    }

    @Test
    void cutLongMessages() {
        assertThat(Traces.describe(new IOException("x".repeat(10_000))))
                .contains("xxx... at ")
                .hasSizeLessThan(2000);
    }

    @Test
    void sayWhereNothingIsKnown() {
        Throwable bare =
                new Throwable("bare", null, false, false) {
                    private static final long serialVersionUID = 1;
                };
        assertThat(Traces.describe(bare)).endsWith(": bare at an unknown place");
    }

    @Test
    void surviveMistakesThatThrow() {
        Throwable hostile =
                new RuntimeException() {
                    private static final long serialVersionUID = 1;

                    @Override
                    public String getMessage() {
                        throw new StackOverflowError();
                    }
                };
        assertThat(Traces.describe(hostile))
                .isEqualTo(
                        hostile.getClass().getName()
                                + ", which cannot be described: java.lang.StackOverflowError");
    }

    @Test
    void surviveCausesThatNeverEnd() {
        assertThat(Traces.describe(new Endless())).contains("; 995 more causes; caused by ");
    }

    private static final class Endless extends RuntimeException {
        private static final long serialVersionUID = 1;

        Endless() {
            super("again");
        }

        @Override
        public synchronized Throwable getCause() {
            return new Endless();
        }
    }
}
