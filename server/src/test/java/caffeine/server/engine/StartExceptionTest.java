package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;

class StartExceptionTest {

    @Test
    void isTheSameOrSaysTheReason() {
        StartException same = new StartException("a port is taken");
        assertThat(StartException.of(same)).isSameAs(same);
        assertThat(StartException.of(new IllegalStateException(new IOException("disk"))))
                .hasMessage("the server cannot start: disk");
        assertThat(StartException.of(new StackOverflowError()))
                .hasMessage("the server cannot start: java.lang.StackOverflowError");
    }

    /** As a class that calls the kernel fails to initialise with --illegal-native-access=deny. */
    @Test
    void saysHowToAllowNativeCalls() {
        Throwable refused = new IllegalCallerException("Illegal native access from module");
        assertThat(StartException.of(new ExceptionInInitializerError(refused)))
                .hasMessageContaining("start it with --enable-native-access=caffeine.os")
                .hasMessageContaining("such as virtual");
    }
}
