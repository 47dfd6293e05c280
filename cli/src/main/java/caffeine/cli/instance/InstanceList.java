package caffeine.cli.instance;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All instances of a user that run, found by their PID files, and by their locks should a PID file
 * have been cleaned away. Without native calls, for a fast start.
 */
public final class InstanceList {

    private static final int LONGEST_PID_FILE = 32;

    /**
     * One that runs.
     *
     * @param pid the number of its process
     * @param details null as long as it does not listen yet
     */
    private record Running(InstanceFiles files, int pid, @Nullable Details details) {}

    private final Path folder;
    private final List<Running> running = new ArrayList<>();
    private final List<Path> leftBehind = new ArrayList<>();

    private InstanceList(Path folder) {
        this.folder = folder;
    }

    /** Lists the instances below this home folder. */
    public static InstanceList read(String home) {
        InstanceList list = new InstanceList(InstanceFiles.folder(home));
        Set<String> names = new TreeSet<>();
        names(InstanceFiles.PID_FOLDER, InstanceFiles.PID_PREFIX, InstanceFiles.PID_SUFFIX, names);
        names(list.folder, "", InstanceFiles.LOCK_SUFFIX, names);
        for (String name : names) {
            list.look(new InstanceFiles(list.folder, name));
        }
        return list;
    }

    private static void names(Path folder, String prefix, String suffix, Set<String> names) {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, prefix + "*" + suffix)) {
            for (Path file : files) {
                String whole = file.getFileName().toString();
                String name = whole.substring(prefix.length(), whole.length() - suffix.length());
                if (InstanceFiles.isName(name)) {
                    names.add(name);
                }
            }
        } catch (IOException _) {
            // No folder, so no instance in it.
        }
    }

    private void look(InstanceFiles files) {
        int pid = pidIn(files.pidFile());
        if (InstanceLock.isHeld(files.lock())) {
            Details details = Details.read(files.details());
            if (details != null || pid > 0) {
                running.add(new Running(files, details != null ? details.pid() : pid, details));
            }
        } else if (pid > 0
                && !InstanceLock.isHeld(files.pidFile())
                && pidIn(files.pidFile()) == pid) { // or it has ended since the first look
            leftBehind.add(files.pidFile());
        }
    }

    /** The number in a PID file of ours; 0 when it is none. */
    private int pidIn(Path file) {
        try {
            UserPrincipal owner = Files.getOwner(file, LinkOption.NOFOLLOW_LINKS);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) > LONGEST_PID_FILE
                    || !owner.equals(Files.getOwner(folder))) {
                return 0;
            }
            byte[] content = Files.readAllBytes(file);
            return Integer.parseInt(new String(content, StandardCharsets.ISO_8859_1).strip());
        } catch (IOException | NumberFormatException _) {
            return 0;
        }
    }

    /** PID files of instances that were killed. */
    public List<Path> leftBehind() {
        return List.copyOf(leftBehind);
    }

    /** A table for people; a sentence when none runs. */
    public String table(long nowMs) {
        if (running.isEmpty()) {
            return "no instance runs\n";
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(
                new String[] {
                    "NAME", "PID", "STATE", "ADDRESS", "ENGINE", "WORKERS", "UPTIME", "PATH"
                });
        running.forEach(one -> rows.add(row(one, nowMs)));
        return lay(rows);
    }

    private static String[] row(Running one, long nowMs) {
        String pid = Integer.toString(one.pid);
        Details details = one.details;
        return details == null
                ? new String[] {one.files.name(), pid, state(one), "-", "-", "-", "-", "-"}
                : new String[] {
                    one.files.name(),
                    pid,
                    state(one),
                    String.join(",", details.addresses()),
                    details.engine(),
                    Integer.toString(details.workers()),
                    uptime(seconds(details, nowMs)),
                    printable(details.path())
                };
    }

    private static String state(Running one) {
        if (one.details == null) {
            return "starting";
        }
        return switch (one.details.state()) {
            case RUNNING -> "running";
            case DRAINING -> "draining";
        };
    }

    private static long seconds(Details details, long nowMs) {
        return Math.max(0, nowMs - details.startedMs()) / 1_000;
    }

    /** The two largest units: {@code 3d 4h}, {@code 4h 5m}, {@code 5m 6s}, {@code 6s}. */
    static String uptime(long seconds) {
        long minutes = seconds / 60;
        long hours = minutes / 60;
        long days = hours / 24;
        if (days > 0) {
            return days + "d " + hours % 24 + "h";
        }
        if (hours > 0) {
            return hours + "h " + minutes % 60 + "m";
        }
        return minutes > 0 ? minutes + "m " + seconds % 60 + "s" : seconds + "s";
    }

    /** A folder's name may hold anything, a terminal's escapes too. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static String lay(List<String[]> rows) {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            for (int i = 0; i < columns - 1; i++) {
                text.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
            }
            text.append(row[columns - 1]).append('\n');
        }
        return text.toString();
    }

    /** A JSON array, an object a line. */
    public String json(long nowMs) {
        StringBuilder json = new StringBuilder("[");
        for (Running one : running) {
            json.append(json.length() == 1 ? "\n  " : ",\n  ")
                    .append(Json.write(members(one, nowMs)));
        }
        return json.append(running.isEmpty() ? "]\n" : "\n]\n").toString();
    }

    private static Map<String, Object> members(Running one, long nowMs) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", one.files.name());
        members.put("pid", one.pid);
        members.put("state", state(one));
        Details details = one.details;
        if (details != null) {
            members.put("address", details.addresses().getFirst());
            members.put("addresses", details.addresses());
            members.put("engine", details.engine());
            members.put("workers", details.workers());
            members.put("uptimeSeconds", seconds(details, nowMs));
            members.put("started", Instant.ofEpochMilli(details.startedMs()).toString());
            members.put("path", details.path());
        }
        members.put("log", one.files.log().toString());
        return members;
    }
}
