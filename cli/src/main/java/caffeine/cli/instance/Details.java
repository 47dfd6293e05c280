package caffeine.cli.instance;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The details of a running instance, in a file that other commands read.
 *
 * @param pid the number of its process
 * @param state whether it still takes clients
 * @param addresses where it listens, as URLs
 * @param engine the name of its engine
 * @param workers how many processes or threads serve clients
 * @param path what it serves
 * @param startedMs when it began to listen, in milliseconds since 1970
 * @param graceMs how long requests in progress may take when it is stopped
 * @param reload its reloads
 */
public record Details(
        int pid,
        State state,
        List<String> addresses,
        String engine,
        int workers,
        String path,
        long startedMs,
        long graceMs,
        Reload reload) {

    /** Whether an instance takes clients. */
    public enum State {
        RUNNING,
        /** It drains before it ends. */
        DRAINING
    }

    /**
     * The reloads of an instance, counted, and the result of the last one that has ended. Numbers
     * rise; a reload that another overtakes ends together with it.
     *
     * @param begun the number of the last that has begun, written before it reads anything; 0
     *     before the first
     * @param ended the number of the last that has ended
     * @param taken whether the instance uses the configuration of this reload
     * @param messages messages, one a line; may be empty
     */
    public record Reload(long begun, long ended, boolean taken, String messages) {

        static final Reload NONE = new Reload(0, 0, true, "");

        Reload beginning(long number) {
            return new Reload(number, ended, taken, messages);
        }

        /** The same when a reload has ended; the messages of an overtaken reload are dropped. */
        Reload ending(long number, boolean isTaken, String text) {
            return number > ended ? new Reload(begun, number, isTaken, text) : this;
        }
    }

    /** The details of a server that has begun to listen. */
    public static Details ofRunning(
            List<String> addresses, String engine, int workers, String path, long graceMs) {
        return new Details(
                (int) ProcessHandle.current().pid(),
                State.RUNNING,
                List.copyOf(addresses),
                engine,
                workers,
                path,
                System.currentTimeMillis(),
                graceMs,
                Reload.NONE);
    }

    /** The same instance after it has read its configuration again. */
    Details with(int newWorkers, String newPath, long newGraceMs) {
        return new Details(
                pid, state, addresses, engine, newWorkers, newPath, startedMs, newGraceMs, reload);
    }

    Details with(Reload newReload) {
        return new Details(
                pid, state, addresses, engine, workers, path, startedMs, graceMs, newReload);
    }

    Details draining() {
        return new Details(
                pid, State.DRAINING, addresses, engine, workers, path, startedMs, graceMs, reload);
    }

    /** Replaces the file in one step. */
    void write(Path file) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh); // Left by a process that was killed while writing.
        try (var channel =
                Files.newByteChannel(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            channel.write(StandardCharsets.UTF_8.encode(text()));
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Overwrites an open file, for a user without write permission for the folder. One write,
     * padded with blanks to the old length.
     */
    void write(FileChannel file) throws IOException {
        byte[] text = text().getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(text, Math.max(text.length, Math.toIntExact(file.size())));
        Arrays.fill(all, text.length, all.length, (byte) '\n');
        file.write(ByteBuffer.wrap(all), 0);
    }

    private String text() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("pid", pid);
        members.put("state", state.name());
        members.put("address", addresses.getFirst()); // for the command before this one
        members.put("addresses", addresses);
        members.put("engine", engine);
        members.put("workers", workers);
        members.put("path", path);
        members.put("startedMs", startedMs);
        members.put("graceMs", graceMs);
        members.put("reloadsBegun", reload.begun());
        members.put("reloadsEnded", reload.ended());
        members.put("reloadTaken", reload.taken() ? 1 : 0);
        members.put("reloadMessages", reload.messages());
        return Json.write(members) + "\n";
    }

    /** Reads the file; null when it is missing or invalid. */
    static @Nullable Details read(Path file) {
        try {
            Map<String, Object> members = Json.read(Files.readString(file));
            return members == null ? null : of(members);
        } catch (IOException | IllegalArgumentException _) {
            return null; // None, or not in UTF-8, or by a version that knows other states.
        }
    }

    private static @Nullable Details of(Map<String, Object> members) {
        if (members.get("pid") instanceof Long pid
                && members.get("state") instanceof String state
                && members.get("address") instanceof String address
                && members.get("engine") instanceof String engine
                && members.get("workers") instanceof Long workers
                && members.get("path") instanceof String path
                && members.get("startedMs") instanceof Long startedMs
                && members.get("graceMs") instanceof Long graceMs
                && members.get("reloadsBegun") instanceof Long begun
                && members.get("reloadsEnded") instanceof Long ended
                && members.get("reloadTaken") instanceof Long taken
                && members.get("reloadMessages") instanceof String messages) {
            return new Details(
                    pid.intValue(),
                    State.valueOf(state),
                    members.get("addresses") instanceof List<?> all
                            ? all.stream().map(String.class::cast).toList()
                            : List.of(address),
                    engine,
                    workers.intValue(),
                    path,
                    startedMs,
                    graceMs,
                    new Reload(begun, ended, taken != 0, messages));
        }
        return null;
    }
}
