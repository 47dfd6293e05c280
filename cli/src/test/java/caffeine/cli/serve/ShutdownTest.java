package caffeine.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.engine.Engine;

import org.junit.jupiter.api.Test;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

class ShutdownTest {

    private static final int INT = 2;
    private static final int TERM = 15;

    private final List<String> calls = new ArrayList<>();
    private final Shutdown shutdown =
            new Shutdown(new RecordingEngine(), code -> calls.add("halt " + code));

    @Test
    void theFirstSignalDrains() {
        assertThat(shutdown.started()).isTrue();
        shutdown.signalled(TERM);
        assertThat(calls).containsExactly("stop");
        assertThat(shutdown.exitCode()).isZero();
    }

    @Test
    void theSecondEndsWhatStillRuns() {
        assertThat(shutdown.started()).isTrue();
        shutdown.signalled(TERM);
        shutdown.signalled(INT);
        assertThat(calls).containsExactly("stop", "stop");
        assertThat(shutdown.exitCode()).isEqualTo(130);
    }

    @Test
    void theThirdEndsThisProcessWhateverTheEngineDoes() {
        assertThat(shutdown.started()).isTrue();
        shutdown.signalled(INT);
        shutdown.signalled(INT);
        shutdown.signalled(TERM);
        assertThat(calls).containsExactly("stop", "stop", "halt 143");
    }

    @Test
    void aSignalBeforeTheEngineIsReadyStopsItOnceItIs() {
        shutdown.signalled(TERM);
        assertThat(calls).isEmpty();
        assertThat(shutdown.started()).isFalse();
        assertThat(calls).containsExactly("stop");
        assertThat(shutdown.exitCode()).isZero();
    }

    @Test
    void twoSignalsBeforeTheEngineIsReadyDoNotWaitForIt() {
        shutdown.signalled(INT);
        shutdown.signalled(INT);
        assertThat(calls).containsExactly("halt 130");
    }

    @Test
    void anEndThatNobodyAskedForIsAFailure() {
        assertThat(shutdown.started()).isTrue();
        assertThat(shutdown.exitCode()).isEqualTo(1);
    }

    private final class RecordingEngine implements Engine {

        @Override
        public String name() {
            return "recording";
        }

        @Override
        public List<SocketAddress> start(Bound bound) {
            throw new AssertionError();
        }

        @Override
        public void stop() {
            calls.add("stop");
        }

        @Override
        public void awaitEnd() {
            throw new AssertionError();
        }
    }
}
