package caffeine.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is said of an instance that does not end; the launcher's tests have those that do. */
class StoppingTest {

    private static final long SLACK_MS = 100;

    @TempDir Path home;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void oneThatDoesNotEnd() throws Exception {
        InstanceFiles files = files();
        Process deaf =
                holder(
                        files,
                        "signal.signal(signal.SIGTERM, lambda *_: print('heard', flush=True))");
        String graceMs = "\"graceMs\":200";
        Details details = Details.ofRunning("http://127.0.0.1:1", "prefork", 1, "/", 200);
        details.write(files.details());
        String text = Files.readString(files.details());
        assertThat(text).contains(graceMs);
        Files.writeString(
                files.details(), text.replaceFirst("\"pid\":\\d+", "\"pid\":" + deaf.pid()));

        assertThatThrownBy(() -> Stopping.stop(files, 1_000))
                .isInstanceOf(InstanceException.class)
                .hasMessage(
                        "x (pid %d) has not ended within 1 s of SIGTERM; caffeine --log --name x"
                                + " may tell why, and kill -9 %d ends it at once",
                        deaf.pid(), deaf.pid());
        assertThat(deaf.inputReader().readLine()).isEqualTo("heard");
    }

    @Test
    void oneThatIsStoppedAlreadyHearsNoSecondSignal() throws Exception {
        InstanceFiles files = files();
        Process holder =
                holder(
                        files,
                        "fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 1)\n"
                                + "signal.signal(signal.SIGTERM,"
                                + " lambda *_: print('heard', flush=True))");
        // The other byte is its own, as if somebody waited for the end already.
        assertThatThrownBy(() -> Stopping.stop(files, SLACK_MS - 10_000))
                .isInstanceOf(InstanceException.class);
        new ProcessBuilder("kill", "-USR1", Long.toString(holder.pid())).start().waitFor();
        assertThat(holder.inputReader().readLine()).isEqualTo("asked");
    }

    @Test
    void oneThatIsSharedByPeopleWhoOnlyLookIsNone() throws Exception {
        InstanceFiles files = files();
        Files.writeString(files.lock(), "");
        assertThatThrownBy(() -> Stopping.stop(files, SLACK_MS))
                .hasMessage("x does not run; caffeine --list-instances shows what does");
        looker(files);
        assertThatThrownBy(() -> Stopping.stop(files, SLACK_MS))
                .hasMessage("x does not run; caffeine --list-instances shows what does");
    }

    private InstanceFiles files() throws IOException {
        InstanceFiles files = InstanceFiles.of(home.toString(), "x");
        Files.createDirectories(files.folder());
        return files;
    }

    /** A process that has the lock of running. */
    private Process holder(InstanceFiles files, String then) throws IOException {
        return python(files, "fcntl.LOCK_EX", then);
    }

    private void looker(InstanceFiles files) throws IOException {
        python(files, "fcntl.LOCK_SH", "pass");
    }

    private Process python(InstanceFiles files, String how, String then) throws IOException {
        String code =
                """
                import fcntl, signal, sys, time
                f = open(sys.argv[1], 'a+')
                fcntl.lockf(f, %s | fcntl.LOCK_NB, 1, 0)
                %s
                signal.signal(signal.SIGUSR1, lambda *_: print('asked', flush=True))
                print('ready', flush=True)
                while True: time.sleep(600)
                """
                        .formatted(how, then);
        Process process =
                new ProcessBuilder("python3", "-c", code, files.lock().toString()).start();
        started.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        return process;
    }
}
