package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;

class JvmAllocationTest {
    private static final int BLOCK = 1 << 20;
    private static final int BLOCKS = 64;

    @Test
    void addsUpThreadsInTheirUnits() {
        String dump =
                """
                "main" #3 [7] prio=5 os_prio=0 cpu=22.11ms elapsed=1.0s allocated=3K defined_classes=1 tid=0x1
                "a" #4 [8] prio=5 os_prio=0 cpu=1.00ms elapsed=1.0s allocated=17B defined_classes=0 tid=0x2
                "b" #5 [9] prio=5 os_prio=0 cpu=1.00ms elapsed=1.0s allocated=2M defined_classes=0 tid=0x3
                "c" #6 [9] prio=5 os_prio=0 cpu=1.00ms elapsed=1.0s allocated=1G defined_classes=0 tid=0x4
                """;
        assertThat(JvmAllocation.parse(dump))
                .isEqualTo(3.0 * 1024 + 17 + 2 * 1024 * 1024 + 1024.0 * 1024 * 1024);
    }

    @Test
    void refusesWhatIsNoDump() {
        assertThatThrownBy(() -> JvmAllocation.parse("AttachNotSupportedException: x"))
                .hasMessageContaining("AttachNotSupportedException");
    }

    /** A JVM that allocates 64 MiB between two lines of input. */
    @Test
    void seesWhatAJvmAllocates() throws IOException, InterruptedException {
        try (Cleanup cleanup = new Cleanup()) {
            ProcessGroup group = ProcessGroup.create(cleanup, "test");
            Process process =
                    cleanup.start(
                            new ProcessBuilder(
                                    group.wrap(
                                            List.of(
                                                    System.getProperty("java.home") + "/bin/java",
                                                    "-Xint",
                                                    "-cp",
                                                    System.getProperty("java.class.path"),
                                                    Allocating.class.getName()))));
            group.started(process);
            assertThat(process.getInputStream().read()).isEqualTo('1');
            double before = JvmAllocation.bytes(cleanup, group);
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            assertThat(process.getInputStream().read()).isEqualTo('2');
            double after = JvmAllocation.bytes(cleanup, group);
            // Figures come in units, and reading a line takes a little.
            assertThat(after - before).isBetween(0.9 * BLOCK * BLOCKS, 1.2 * BLOCK * BLOCKS);
            group.close();
        }
    }

    /** What it runs. */
    static final class Allocating {
        private Allocating() {}

        public static void main(String[] args) throws IOException {
            System.out.print('1');
            System.out.flush();
            int read = System.in.read();
            byte[] last = {};
            for (int i = 0; i < BLOCKS; i++) {
                last = new byte[BLOCK];
            }
            System.out.print(last.length == BLOCK && read == '\n' ? '2' : '!');
            System.out.flush();
            read = System.in.read();
            System.out.print(read);
        }
    }
}
