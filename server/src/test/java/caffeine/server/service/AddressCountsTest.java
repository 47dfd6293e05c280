package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.net.InetAddress;

class AddressCountsTest {

    private static final InetAddress A = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress B = InetAddress.ofLiteral("2001:db8::1");

    private final AddressCounts counts = new AddressCounts();

    @Test
    void countsEachAddressAlone() {
        counts.add(A);
        counts.add(A);
        counts.add(B);
        assertThat(counts.of(A)).isEqualTo(2);
        assertThat(counts.of(B)).isEqualTo(1);
        counts.remove(A);
        assertThat(counts.of(A)).isEqualTo(1);
        assertThat(counts.of(B)).isEqualTo(1);
    }

    @Test
    void admitsNoMoreThanTheMost() {
        assertThat(counts.tryAdd(A, 2)).isTrue();
        assertThat(counts.tryAdd(A, 2)).isTrue();
        assertThat(counts.tryAdd(A, 2)).isFalse();
        assertThat(counts.of(A)).isEqualTo(2);
        counts.remove(A);
        assertThat(counts.tryAdd(A, 2)).isTrue();
    }

    @Test
    void neverGoesBelowZero() {
        counts.remove(A);
        counts.add(A);
        counts.remove(A);
        counts.remove(A);
        assertThat(counts.of(A)).isZero();
        counts.add(A);
        assertThat(counts.of(A)).isEqualTo(1);
    }

    @Test
    void takesAwayWhatAnotherOneCounts() {
        AddressCounts others = new AddressCounts();
        counts.add(A);
        counts.add(A);
        counts.add(B);
        others.add(A);
        others.add(B);
        others.add(B);
        counts.removeAll(others);
        assertThat(counts.of(A)).isEqualTo(1);
        assertThat(counts.of(B)).isZero();
    }
}
