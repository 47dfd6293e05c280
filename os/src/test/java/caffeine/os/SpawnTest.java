package caffeine.os;

import static caffeine.os.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class SpawnTest {
    private final Machine machine = new Machine();
    private final Spawn spawn = new Spawn();
    private final StringArray argv = new StringArray();
    private final StringArray envp = new StringArray();

    @TempDir Path folder;

    @AfterEach
    void close() {
        spawn.close();
        machine.close();
    }

    @Test
    void passesArgumentsAsTheyAre() {
        String output =
                machine.run("/usr/bin/printf", List.of("[%s]", "a b", "", "é\n$x"), Map.of());
        assertThat(output).isEqualTo("[a b][][é\n$x]");
    }

    @Test
    void passesTheEnvironmentAndNothingElse() {
        String output = machine.run("/usr/bin/env", List.of(), Map.of("A", "1 = 2"));
        assertThat(output).isEqualTo("A=1 = 2\n");
    }

    @Test
    void missingProgram() {
        int nothing = machine.devNull();
        argv.add("x");
        int result =
                spawn.spawn(
                        Files.path("/nonexistent"), argv, envp, null, nothing, nothing, nothing);
        assertThat(result).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void changesTheDirectory() throws Exception {
        int[] output = machine.pipe();
        argv.add("pwd");
        int pid =
                ok(
                        spawn.spawn(
                                Files.path("/bin/pwd"),
                                argv,
                                envp,
                                Files.path(folder.toString()),
                                0,
                                output[1],
                                2));
        machine.close(output[1]);
        assertThat(machine.readAll(output[0]).strip()).isEqualTo(folder.toRealPath().toString());
        assertThat(ExitStatus.of(Processes.waitPid(pid, true)))
                .isEqualTo(new ExitStatus(pid, true, 0, 0, false));
    }

    @Test
    void childHasDefaultSignalsAndNoDescriptorsButThree() {
        String output = machine.shell("grep -E 'Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd");
        assertThat(output)
                .isEqualTo(
                        """
                        SigBlk:\t0000000000000000
                        SigIgn:\t0000000000000000
                        0
                        1
                        2
                        3
                        """);
    }
}
