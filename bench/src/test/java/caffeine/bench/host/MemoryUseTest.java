package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class MemoryUseTest {

    @Test
    void readsTheKernelsSums() {
        List<String> lines =
                """
                00400000-7ffc8f1f9000 ---p 00000000 00:00 0                              [rollup]
                Rss:               41588 kB
                Pss:               38702 kB
                Pss_Dirty:         31000 kB
                Pss_Anon:          30500 kB
                Shared_Clean:       4096 kB
                Private_Clean:      1024 kB
                Private_Dirty:     30720 kB
                Anonymous:         30800 kB
                """
                        .lines()
                        .toList();
        assertThat(MemoryUse.parse(lines)).isEqualTo(new MemoryUse(38_702, 31_744, 30_800));
    }

    @Test
    void seesItself() {
        assertThat(MemoryUse.of(ProcessHandle.current().pid()))
                .hasValueSatisfying(use -> assertThat(use.privateKib()).isPositive());
    }
}
