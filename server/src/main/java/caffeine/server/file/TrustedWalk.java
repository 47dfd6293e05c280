package caffeine.server.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Stat;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * Walks a path that leads out of the served folder, one name at a time, and decides whether to
 * follow it: root or this process's user must own every link on the way, and everything after the
 * first link, and no other user may have write permission. So no other user can redirect the path,
 * neither before this walk nor later, when the kernel walks it again to execute the file. A folder
 * with the sticky bit, such as {@code /tmp}, may be writable for all, because other users cannot
 * replace files in it.
 *
 * <p>Each step is an {@code openat} with O_PATH and O_NOFOLLOW from the folder before it, and all
 * checks use that descriptor. Not thread-safe.
 */
final class TrustedWalk {

    /** No link at this path may lead out, regardless of its owner. */
    static final String NOT_ASKED_FOR = "";

    /** The number of links that the kernel follows (man 7 path_resolution). */
    private static final int MOST_LINKS = 40;

    private static final int MAX_PATH = 4096;
    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;
    private static final byte[] HERE = {'.'};
    private static final byte[] NOTHING = {};

    /** A name to be walked, and the path below the served folder that it comes from. */
    private record Step(String name, String place) {}

    private final int folder;
    private final Predicate<String> mayLeaveAt;
    private final Deque<Step> ahead = new ArrayDeque<>();
    private final Stat stat = new Stat();
    private int at = -1;
    private int links;

    /**
     * @param folder the served folder
     * @param mayLeaveAt whether a link at a path below it, beginning with a slash, may lead out
     */
    TrustedWalk(int folder, Predicate<String> mayLeaveAt) {
        this.folder = folder;
        this.mayLeaveAt = mayLeaveAt;
    }

    /**
     * Walks.
     *
     * @param name relative to the served folder, without dot segments
     * @param target the file that the kernel found by that name
     * @return null when it may be followed; {@link #NOT_ASKED_FOR}; or the reason and the next
     *     step, printable
     */
    @Nullable String objection(byte[] name, Stat target) {
        StringBuilder place = new StringBuilder(name.length + 1);
        for (String each : names(name)) {
            ahead.addLast(new Step(each, place.append('/').append(each).toString()));
        }
        at = Files.openat(folder, HERE, Files.O_PATH | Files.O_DIRECTORY, 0);
        try {
            String objection = at < 0 ? failed(-at) : null;
            while (objection == null && !ahead.isEmpty()) {
                objection = step(ahead.removeFirst());
            }
            if (objection == null && !isAt(target)) {
                objection = "it changed while it was looked at; ask again";
            }
            return objection;
        } finally {
            moveTo(-1);
        }
    }

    private @Nullable String step(Step step) {
        if (step.name().equals(".")) {
            return null;
        }
        byte[] name = step.name().getBytes(ISO_8859_1);
        int next = Files.openat(at, name, Files.O_PATH | Files.O_NOFOLLOW, 0);
        int result = next < 0 ? next : Files.fstat(next, stat);
        if (result < 0) {
            close(next);
            return failed(-result);
        }
        if (stat.isSymbolicLink()) {
            return follow(next, step);
        }
        String objection = links == 0 ? null : distrust(next);
        moveTo(next);
        return objection;
    }

    /** Puts the target of a link before the remaining names. Closes the link. */
    private @Nullable String follow(int link, Step step) {
        if (!mayLeaveAt.test(step.place())) {
            close(link);
            return NOT_ASKED_FOR;
        }
        String objection = ++links > MOST_LINKS ? failed(Errno.ELOOP) : distrust(link);
        // A link of a process leads to a place of that process, not to its text.
        if (objection == null && pathOf(link).startsWith("/proc/")) {
            objection = pathOf(link) + " is a link of the kernel's own";
        }
        byte[] text = new byte[MAX_PATH];
        int length = Files.readlink(link, NOTHING, text);
        close(link);
        if (objection != null) {
            return objection;
        }
        if (length <= 0 || length == text.length) {
            return failed(length < 0 ? -length : Errno.ENAMETOOLONG);
        }
        byte[] says = Arrays.copyOf(text, length);
        List<String> names = names(says);
        for (String name : names.reversed()) {
            ahead.addFirst(new Step(name, step.place()));
        }
        return says[0] == '/' ? startAtRoot() : null;
    }

    private @Nullable String startAtRoot() {
        moveTo(Files.open("/", Files.O_PATH | Files.O_DIRECTORY, 0));
        int result = at < 0 ? at : Files.fstat(at, stat);
        return result < 0 ? failed(-result) : distrust(at);
    }

    /** The mistake in owner and permissions of the file in {@link #stat}. */
    private @Nullable String distrust(int fd) {
        int user = Processes.geteuid();
        if (stat.uid() != 0 && stat.uid() != user) {
            return pathOf(fd)
                    + " belongs to user "
                    + Integer.toUnsignedString(stat.uid())
                    + ", neither to root nor to the server's user "
                    + Integer.toUnsignedString(user)
                    + "; give it to one of them (chown -h)";
        }
        boolean isSafe =
                stat.isSymbolicLink()
                        || (stat.permissions() & WRITABLE_BY_OTHERS) == 0
                        || (stat.isDirectory() && (stat.permissions() & STICKY) != 0);
        return isSafe
                ? null
                : pathOf(fd)
                        + " may be written by other users than its owner (mode "
                        + Integer.toOctalString(stat.permissions())
                        + "); take that away (chmod go-w)";
    }

    private boolean isAt(Stat target) {
        return Files.fstat(at, stat) == 0
                && stat.dev() == target.dev()
                && stat.ino() == target.ino();
    }

    private static String failed(int errno) {
        return "it cannot be walked: " + Errno.describe(errno);
    }

    private void moveTo(int next) {
        close(at);
        at = next;
    }

    private static void close(int fd) {
        if (fd >= 0) {
            Descriptors.close(fd);
        }
    }

    private static List<String> names(byte[] path) {
        return Arrays.stream(new String(path, ISO_8859_1).split("/", -1))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static String pathOf(int fd) {
        byte[] path = ServedFolder.pathOf(fd);
        return path == null ? "something on the way" : Printable.of(path);
    }
}
