package caffeine.bench.host;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A control group, version 2, cgroups(7): the kernel itself keeps count of everybody in it, to the
 * microsecond, also of processes that were never waited for. Needs a hierarchy in which we may make
 * groups: root's, or one that systemd has delegated.
 */
final class Cgroup implements ProcessGroup {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final AtomicInteger CREATED = new AtomicInteger();

    private final Path folder;

    private Cgroup(Path folder) {
        this.folder = folder;
    }

    /** A new group, if that is possible here. */
    static Optional<Cgroup> create(Cleanup cleanup, String name) throws IOException {
        Optional<Path> parent = ownGroup();
        if (parent.isEmpty()) {
            return Optional.empty();
        }
        String unique =
                "caffeine-bench-%d-%d-%s"
                        .formatted(ProcessHandle.current().pid(), CREATED.incrementAndGet(), name);
        Cgroup group = new Cgroup(parent.get().resolve(unique));
        try {
            cleanup.make(() -> Files.createDirectory(group.folder), group::close);
        } catch (FileSystemException _) {
            return Optional.empty();
        }
        if (!group.admits(cleanup)) {
            group.close();
            return Optional.empty();
        }
        return Optional.of(group);
    }

    /** Where the hierarchy of version 2 is mounted, and our place in it. */
    private static Optional<Path> ownGroup() throws IOException {
        Path mounts = Path.of("/proc/self/mounts");
        Path membership = Path.of("/proc/self/cgroup");
        if (!Files.isReadable(mounts) || !Files.isReadable(membership)) {
            return Optional.empty();
        }
        return ownGroup(Files.readAllLines(mounts), Files.readAllLines(membership))
                .filter(Files::isDirectory);
    }

    /** The same, from the lines of proc_pid_mounts(5) and of proc_pid_cgroup(5). */
    static Optional<Path> ownGroup(List<String> mounts, List<String> membership) {
        Optional<String> root =
                mounts.stream()
                        .map(line -> line.split(" ", -1))
                        .filter(words -> words.length > 2 && words[2].equals("cgroup2"))
                        .map(words -> words[1])
                        .findFirst();
        Optional<String> place =
                membership.stream()
                        .filter(line -> line.startsWith("0::/"))
                        .map(line -> line.substring("0::/".length()))
                        .findFirst();
        return root.flatMap(mount -> place.map(Path.of(mount)::resolve));
    }

    /** Whether a process can move in: making a group may be allowed and this not. */
    private boolean admits(Cleanup cleanup) throws IOException {
        try {
            return Command.run(cleanup, PATIENCE, wrap(List.of("true"))).status() == 0;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public List<String> wrap(List<String> command) {
        List<String> moved =
                new ArrayList<>(
                        List.of(
                                "sh",
                                "-c",
                                "echo $$ >\"$0\" && exec \"$@\"",
                                folder.resolve("cgroup.procs").toString()));
        moved.addAll(command);
        return SessionCommand.wrap(moved);
    }

    @Override
    public void started(Process process) {
        // It has moved in by itself.
    }

    @Override
    public List<ProcessStat> members() throws IOException {
        return Files.readAllLines(folder.resolve("cgroup.procs")).stream()
                .flatMap(pid -> ProcessStat.of(Long.parseLong(pid)).stream())
                .filter(process -> !process.isZombie())
                .toList();
    }

    @Override
    public long cpuMicros() throws IOException {
        return usageMicros(Files.readAllLines(folder.resolve("cpu.stat")));
    }

    static long usageMicros(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("usage_usec "))
                .mapToLong(line -> Long.parseLong(line.substring("usage_usec ".length())))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no usage_usec in " + lines));
    }

    @Override
    public boolean countsEverybody() {
        return true;
    }

    @Override
    public void close() throws IOException {
        if (!Waiting.until(PATIENCE, this::isGone)) {
            throw new IOException("%s still has processes: %s".formatted(folder, members()));
        }
    }

    /**
     * Kills all its processes, and tries to remove the group. The kernel refuses as long as one is
     * on the way out, also when the list is empty already; zombies do not count.
     */
    private boolean isGone() {
        try {
            if (Files.isDirectory(folder)) {
                Killing.kill(members());
                Files.deleteIfExists(folder);
            }
            return true;
        } catch (IOException _) {
            return !Files.isDirectory(folder);
        }
    }
}
