package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Spawn;
import caffeine.os.StringArray;
import caffeine.os.linux.PidFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.ArrayList;
import java.util.List;

@ExtendWith(NoLeaks.class)
class ScriptProcessTest {

    private final EventLoop loop = new EventLoop(EpollPoller.open(), new ManualClock());
    private final List<String> told = new ArrayList<>();

    private final ScriptProcess.Owner owner =
            new ScriptProcess.Owner() {
                @Override
                public void deadlinePassed(long nowNs) {
                    told.add("deadline");
                }

                @Override
                public void exited(@Nullable ExitStatus exit, long cpuNs, long nowNs) {
                    told.add("exited");
                }

                @Override
                public void broken(Throwable mistake) {
                    told.add("broken");
                }
            };

    private static int spawnSleep() {
        StringArray arguments = new StringArray();
        arguments.add("/bin/sleep");
        arguments.add("600");
        try (Spawn spawn = new Spawn()) {
            int pid =
                    spawn.spawn(
                            Files.path("/bin/sleep"), arguments, new StringArray(), null, 0, 1, 2);
            assertThat(pid).isPositive();
            return pid;
        }
    }

    /** It would stay a zombie for as long as the server runs. */
    @Test
    void oneThatBreaksIsKilledAndReaped() {
        int pid = spawnSleep();
        ScriptProcess process = new ScriptProcess(pid, PidFd.open(pid), loop, owner);
        assertThat(process.watch()).isZero();
        process.broken(new StackOverflowError("meant to happen"));
        Until.holds(
                "it is reaped",
                () -> {
                    loop.doWork(0);
                    return !process.isRegistered();
                });
        assertThat(Processes.waitPid(pid, false)).isEqualTo(-Errno.ECHILD);
        assertThat(told).containsExactly("broken");
        loop.close();
    }
}
