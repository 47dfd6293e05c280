package caffeine.server.prefork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.prefork.OptionsCodec.WorkerOptions;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

class OptionsCodecTest {

    @Test
    void everyComponentOfEveryRecordArrives() {
        for (int seed = 0; seed < 300; seed++) {
            WorkerOptions options = new RandomRecords(seed).next(WorkerOptions.class);
            assertThat(OptionsCodec.read(OptionsCodec.write(options)))
                    .as("seed %d", seed)
                    .isEqualTo(options);
        }
    }

    @Test
    void theDefaultsArriveToo() {
        WorkerOptions options = new WorkerOptions(TestOptions.defaults(), 1, 2, 3, true);
        assertThat(OptionsCodec.read(OptionsCodec.write(options))).isEqualTo(options);
    }

    @Test
    void allBytesAreRead() {
        byte[] bytes = OptionsCodec.write(new WorkerOptions(TestOptions.defaults(), 1, 2, 3, true));
        byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
        assertThatThrownBy(() -> OptionsCodec.read(cut)).isInstanceOf(IllegalStateException.class);
    }
}
