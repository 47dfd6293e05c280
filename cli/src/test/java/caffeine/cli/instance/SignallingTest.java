package caffeine.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** What is said of an instance that does not answer; the launcher's tests have those that do. */
class SignallingTest {

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
        Details details = Details.ofRunning(List.of("http://127.0.0.1:1"), "prefork", 1, "/", 200);
        details.write(files.details());
        String text = Files.readString(files.details());
        assertThat(text).contains(graceMs);
        Files.writeString(
                files.details(), text.replaceFirst("\"pid\":\\d+", "\"pid\":" + deaf.pid()));

        assertThatThrownBy(() -> Signalling.stop(files, 1_000))
                .isInstanceOf(InstanceException.class)
                .hasMessage(
                        "x (pid %d) has not ended within 1 s of SIGTERM; caffeine --log --name x"
                                + " shows the log, and kill -9 %d ends it at once",
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
        assertThatThrownBy(() -> Signalling.stop(files, SLACK_MS - 10_000))
                .isInstanceOf(InstanceException.class);
        new ProcessBuilder("kill", "-USR1", Long.toString(holder.pid())).start().waitFor();
        assertThat(holder.inputReader().readLine()).isEqualTo("asked");
    }

    @Test
    void oneThatIsSharedByPeopleWhoOnlyLookIsNone() throws Exception {
        InstanceFiles files = files();
        Files.writeString(files.lock(), "");
        assertThatThrownBy(() -> Signalling.stop(files, SLACK_MS))
                .hasMessage("x does not run; caffeine --list-instances shows what does");
        looker(files);
        assertThatThrownBy(() -> Signalling.stop(files, SLACK_MS))
                .hasMessage("x does not run; caffeine --list-instances shows what does");
    }

    private static final String HEARS_HANG_UP =
            "signal.signal(signal.SIGHUP, lambda *_: print('hang up', flush=True))";

    @Test
    void oneThatDoesNotListenYetIsNotToldToReload() throws Exception {
        InstanceFiles files = files();
        Process starting = holder(files, "pass"); // whom SIGHUP would end
        assertThatThrownBy(() -> Signalling.reload(files, _ -> false, SLACK_MS))
                .isInstanceOf(InstanceException.class)
                .hasMessageStartingWith("x (pid %d) does not listen yet".formatted(starting.pid()));
        assertThat(starting.isAlive()).isTrue();
    }

    @Test
    void oneThatIgnoresSighupOrEndsIsNotToldToReload() throws Exception {
        InstanceFiles files = files();
        Process holder = holder(files, "pass");
        write(files, holder, details);
        assertThatThrownBy(() -> Signalling.reload(files, _ -> true, SLACK_MS))
                .hasMessageContaining("cannot reload: it was started with SIGHUP ignored");
        write(files, holder, details.draining());
        assertThatThrownBy(() -> Signalling.reload(files, _ -> false, SLACK_MS))
                .hasMessage("x (pid %d) is being stopped", holder.pid());
        assertThat(holder.isAlive()).isTrue();
    }

    @Test
    void oneThatDiesOfIt() throws Exception {
        InstanceFiles files = files();
        // A process that ignores SIGHUP, as nohup does, hands that on to all that it starts.
        Process holder = holder(files, "signal.signal(signal.SIGHUP, signal.SIG_DFL)");
        write(files, holder, details);
        assertThatThrownBy(() -> Signalling.reload(files, _ -> false, 30_000))
                .hasMessage("x (pid %d) was stopped before its reload was done", holder.pid());
    }

    @Test
    void oneThatDoesNotSayWhatCameOfAReload() throws Exception {
        InstanceFiles files = files();
        Process silent = holder(files, HEARS_HANG_UP);
        // One that had begun before is not the one that was asked for, and ends first.
        write(files, silent, details.with(details.reload().beginning(4)));
        Thread before =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        silent.inputReader().readLine();
                                        Details.Reload ended =
                                                details.reload().ending(4, true, "no");
                                        write(files, silent, details.with(ended));
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                });
        assertThatThrownBy(() -> Signalling.reload(files, _ -> false, 1_000))
                .hasMessage(
                        "x (pid %d) has not finished its reload within 1 s; caffeine --log --name"
                                + " x shows the log",
                        silent.pid());
        before.join();
    }

    @Test
    void oneThatSaysWhatCameOfIt() throws Exception {
        InstanceFiles files = files();
        Process holder = holder(files, HEARS_HANG_UP);
        write(files, holder, details.with(details.reload().beginning(4)));
        Thread instance =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        holder.inputReader().readLine();
                                        Details.Reload ended =
                                                details.reload().ending(5, false, "a\nb");
                                        write(files, holder, details.with(ended));
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                });
        assertThat(Signalling.reload(files, _ -> false, 30_000))
                .isEqualTo(new Signalling.Reloaded((int) holder.pid(), false, List.of("a", "b")));
        instance.join();
    }

    private final Details details =
            Details.ofRunning(List.of("http://127.0.0.1:1"), "prefork", 1, "/", 200);

    /** As that process would. */
    private static void write(InstanceFiles files, Process process, Details details)
            throws IOException {
        Path file = files.details();
        Path fresh = file.resolveSibling("fresh");
        details.write(fresh);
        String text = Files.readString(fresh);
        Files.writeString(fresh, text.replaceFirst("\"pid\":\\d+", "\"pid\":" + process.pid()));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
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
