package caffeine.conformance.instance;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Procs.Stat;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A user's home folder, and the instances that are started from it, under names that nobody else on
 * this machine has. In the end nothing of them may be left.
 */
final class Home implements AutoCloseable {

    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Pattern LISTENING =
            Pattern.compile("listening on http://127\\.0\\.0\\.1:(\\d+) (?:and \\S+ )*\\(.*\\)\n");

    private final Tree tree = new Tree();
    private final List<String> names = new ArrayList<>();
    private final List<Integer> sessions = new ArrayList<>();

    /** What all instances serve. */
    Home() {
        tree.sh("site/hello", Scripts.DIRECT_HEAD + "echo hello\n");
    }

    Tree tree() {
        return tree;
    }

    Path root() {
        return tree.root();
    }

    Path site() {
        return tree.resolve("site");
    }

    /** A name that no instance has yet. */
    synchronized String name() {
        // In the order of the alphabet, as they are listed.
        long pid = ProcessHandle.current().pid();
        String name = "t%d-%03d".formatted(pid, NAMES.incrementAndGet());
        names.add(name);
        return name;
    }

    /** Whether a message speaks of an instance that was named here. */
    synchronized boolean owns(String message) {
        return names.stream().anyMatch(message::contains);
    }

    static Path pidFile(String name) {
        return Path.of("/tmp/caffeine_" + name + ".pid");
    }

    Path file(String name, String ending) {
        return tree.resolve(".local/share/caffeine").resolve(name + ending);
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a link leads; empty when it is none, or no more. */
    static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException _) {
            return "";
        }
    }

    /** The launcher with these words, run to its end in this home. */
    Outcome run(String... words) {
        return command(words).outcome();
    }

    Run command(String... words) {
        List<String> command = new ArrayList<>(Repository.catchingSignals());
        command.add(Repository.launcher().toString());
        command.addAll(List.of(words));
        return Run.of(command).in(root()).withOnly(variables());
    }

    /** The launcher with these words, run by another user. */
    Run as(String user, String... words) {
        List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=" + user));
        command.addAll(List.of("--regid=" + user, "--clear-groups"));
        command.add(Repository.launcher().toString());
        command.addAll(List.of(words));
        return Run.of(command).in(root()).withOnly(variables());
    }

    Map<String, String> variables() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("CAFFEINE_NO_BUILD", "1");
        all.put("HOME", root().toString());
        all.put("JAVA_HOME", System.getProperty("java.home"));
        return all;
    }

    /** Starts a daemon with one worker, which must succeed. */
    Started start(String name, String... more) {
        return started(name, run(startWords(name, more)));
    }

    String[] startWords(String name, String... more) {
        List<String> words = new ArrayList<>(List.of("--name", name, "--daemon", "--port", "0"));
        words.addAll(List.of("--path", site().toString()));
        if (!List.of(more).contains("--engine")) {
            words.addAll(List.of("--workers", "1"));
        }
        words.addAll(List.of(more));
        return words.toArray(new String[0]);
    }

    /** The command of one in the foreground, on a port that the kernel picks. */
    List<String> foreground(String name, String... more) {
        List<String> words = new ArrayList<>(List.of(Repository.launcher().toString()));
        words.addAll(List.of("--name", name, "--port", "0", "--workers", "1"));
        words.addAll(List.of("--path", site().toString()));
        words.addAll(List.of(more));
        return words;
    }

    Started started(String name, Outcome outcome) {
        Matcher line = LISTENING.matcher(outcome.out());
        if (outcome.exit() != 0 || !line.matches()) {
            throw new AssertionError("did not start: " + outcome);
        }
        int pid = Integer.parseInt(text(pidFile(name)).strip());
        remember(pid);
        return new Started(name, pid, Integer.parseInt(line.group(1)));
    }

    private synchronized void remember(int session) {
        sessions.add(session);
    }

    /** A daemon that runs; it leads a session. */
    record Started(String name, int pid, int port) {

        String get(String target) {
            try (var wire =
                    Wire.connect(
                            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                            Await.PATIENCE)) {
                String request =
                        "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                return wire.send(request).response().text();
            }
        }

        /** kill -9 of all that belongs to it. */
        void killAll() {
            Home.killSession(pid);
            Await.until("the session " + pid + " has gone", () -> Home.processesOf(pid).isEmpty());
        }
    }

    private static List<Stat> processesOf(int session) {
        return Procs.ofSession(session).stream().filter(stat -> !stat.isZombie()).toList();
    }

    private static void killSession(int session) {
        for (Stat stat : Procs.ofSession(session)) {
            ProcessHandle.of(stat.pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** Waits until no process of a daemon and no file in /tmp is left. */
    void awaitNothingLeft() {
        for (int session : List.copyOf(sessions)) {
            Await.until(
                    () -> "nothing left of session " + session + ": " + processesOf(session),
                    Await.PATIENCE,
                    () -> processesOf(session).isEmpty());
        }
        for (String name : List.copyOf(names)) {
            Await.until(
                    pidFile(name) + " is gone",
                    () -> !Files.exists(pidFile(name)) && !Files.exists(file(name, ".json")));
        }
        try (var left = Files.newDirectoryStream(Path.of("/tmp"), ".caffeine_t*")) {
            List<Path> ours = new ArrayList<>();
            for (Path path : left) {
                String text = path.getFileName().toString();
                if (names.stream().anyMatch(name -> text.contains("_" + name + "."))) {
                    ours.add(path);
                }
            }
            if (!ours.isEmpty()) {
                throw new AssertionError("left in /tmp: " + ours);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9 of all daemons. */
    void killAll() {
        for (int session : List.copyOf(sessions)) {
            killSession(session);
            Await.holdsWithin(Await.PATIENCE, () -> processesOf(session).isEmpty());
        }
    }

    @Override
    public void close() {
        killAll();
        for (String name : names) {
            try {
                if (Files.exists(pidFile(name), LinkOption.NOFOLLOW_LINKS)) {
                    Files.delete(pidFile(name));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        tree.close();
    }
}
