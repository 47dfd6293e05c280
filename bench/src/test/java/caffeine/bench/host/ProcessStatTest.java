package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessStatTest {

    @Test
    void readsALineOfProc() {
        String line =
                "6867 (lighttpd) S 6866 6860 6859 0 -1 4194624 1023 9999 0 0 12 34 56 78 20 0 1 0"
                        + " 360321 12005376 812 18446744073709551615\n";
        assertThat(ProcessStat.parse(line))
                .isEqualTo(new ProcessStat(6867, "lighttpd", 'S', 6866, 6859, 46, 134));
    }

    @Test
    void takesAnyCommandName() {
        String line = "7 (a) b (c) Z 1 2 3 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 0 0 0";
        ProcessStat process = ProcessStat.parse(line);
        assertThat(process.command()).isEqualTo("a) b (c");
        assertThat(process.isZombie()).isTrue();
    }

    @Test
    void knowsThisProcess() {
        long pid = ProcessHandle.current().pid();
        assertThat(ProcessStat.of(pid)).hasValueSatisfying(p -> assertThat(p.pid()).isEqualTo(pid));
    }

    @Test
    void knowsNothingOfWhoHasGone() {
        assertThat(ProcessStat.of(0)).isEmpty();
    }
}
