package caffeine.server.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandOffTest {

    private static final int CAPACITY = 64;

    private final HandOff handOff = new HandOff(1, CAPACITY);

    /** Alone it would be read at once again, which is too early. */
    @Test
    void aClientIsReadAgainBehindOthersOnly() {
        assertThat(handOff.addBehindOthers(() -> {})).isFalse();
        assertThat(handOff.offer(() -> {})).isTrue();
        assertThat(handOff.addBehindOthers(() -> {})).isTrue();
    }

    @Test
    void clientsThatAreReadAgainLeaveRoomForEvents() {
        assertThat(handOff.offer(() -> {})).isTrue();
        int added = 0;
        while (handOff.addBehindOthers(() -> {})) {
            added++;
        }
        assertThat(added).isEqualTo(CAPACITY / 4 - 1);
        for (int i = CAPACITY / 4; i < CAPACITY; i++) {
            assertThat(handOff.offer(() -> {})).isTrue();
        }
        assertThat(handOff.offer(() -> {})).isFalse();
    }
}
