package caffeine.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** man 5 proc_pid_status. */
class SignalsTest {

    private static final String STATUS =
            """
            Name:\tjava
            SigPnd:\t0000000000000000
            SigBlk:\t0000000000000004
            SigIgn:\t8000000000000003
            SigCgt:\t0000000181005ccf
            """;

    @Test
    void bitNMinusOneIsSignalN() {
        Signals.Ignored ignored = Signals.Ignored.parse(STATUS);
        assertThat(ignored.contains(1)).isTrue();
        assertThat(ignored.contains(2)).isTrue();
        assertThat(ignored.contains(3)).isFalse();
        assertThat(ignored.contains(15)).isFalse();
        assertThat(ignored.contains(64)).isTrue();
    }

    @Test
    void whatIsNotSaidIsNotIgnored() {
        assertThat(Signals.Ignored.parse("").contains(1)).isFalse();
        assertThat(Signals.Ignored.parse("Name:\tjava\nSigIgn:\t0001").contains(1)).isFalse();
    }

    @Test
    void thisProcessCanBeTerminated() {
        assertThat(Signals.Ignored.ofThisProcess().contains(15)).isFalse();
    }
}
