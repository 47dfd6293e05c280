package caffeine.cli.instance;

import caffeine.os.Processes;
import caffeine.os.RecordLocks.Holder;
import caffeine.os.Stat;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * This process as the one instance of its name.
 *
 * <pre>
 *   claim ──▶ openLog ──▶ appear ──▶ running ──▶ draining ──▶ close
 *   lock      log         PID file   details     details      all but log and lock removed
 * </pre>
 *
 * <p>Thread-safe: a signal thread may report draining while the main thread closes.
 */
public final class Instance implements AutoCloseable {

    private static final int WRITABLE_BY_OTHERS = 022;

    private final InstanceFiles files;
    private final InstanceLock lock;
    private @Nullable PidFile pidFile;
    private @Nullable Details details;

    /** The open file of the details, for a user that cannot create another. */
    private @Nullable FileChannel kept;

    private boolean closed;

    private Instance(InstanceFiles files, InstanceLock lock) {
        this.files = files;
        this.lock = lock;
    }

    /**
     * Becomes the instance of this name for the life of this process.
     *
     * @throws InstanceException when another process is the instance, or when the user's folder
     *     cannot be used
     */
    public static Instance claim(InstanceFiles files) throws InstanceException {
        makeFolder(files.folder());
        InstanceLock lock = InstanceLock.take(files.lock());
        if (lock == null) {
            throw taken(files);
        }
        try {
            Files.deleteIfExists(files.details()); // Of one that was killed.
        } catch (IOException e) {
            lock.close();
            throw new InstanceException(files.details() + " cannot be removed: " + reason(e));
        }
        return new Instance(files, lock);
    }

    private static void makeFolder(Path folder) throws InstanceException {
        try {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new InstanceException(
                    folder
                            + " cannot be made: "
                            + reason(e)
                            + "; an instance with a name needs it for its log, so set HOME to a"
                            + " folder of yours");
        }
        Stat stat = new Stat();
        byte[] path = caffeine.os.Files.path(folder.toString());
        if (caffeine.os.Files.statAt(caffeine.os.Files.AT_FDCWD, path, 0, stat) < 0
                || stat.uid() != Processes.geteuid()
                || (stat.permissions() & WRITABLE_BY_OTHERS) != 0) {
            throw new InstanceException(
                    folder
                            + " must belong to you, and no other user may have write permission;"
                            + " try chmod go-w, or set HOME to a folder of yours");
        }
    }

    /** A description, also of exceptions that have only a name. */
    private static String reason(IOException e) {
        if (!(e instanceof FileSystemException of)) {
            return String.valueOf(e.getMessage());
        }
        String file = of.getFile();
        String reason =
                switch (of) {
                    case AccessDeniedException _ -> "permission denied";
                    case FileAlreadyExistsException _ -> "something else is there";
                    case NoSuchFileException _ -> "it is not there";
                    default -> Objects.requireNonNullElse(of.getReason(), "it cannot be used");
                };
        return file == null ? reason : file + ": " + reason;
    }

    private static InstanceException taken(InstanceFiles files) throws InstanceException {
        Holder holder = null;
        try (InstanceLock lock = InstanceLock.open(files.lock())) {
            holder = lock == null ? null : lock.holder();
        }
        Details details = Details.read(files.details());
        String pid = holder == null || holder.pid() <= 0 ? "" : " as pid " + holder.pid();
        String where =
                holder == null || details == null || details.pid() != holder.pid()
                        ? ""
                        : details.state() == Details.State.DRAINING
                                ? ", which is being stopped"
                                : " on " + String.join(" and ", details.addresses());
        return new InstanceException(
                files.name()
                        + " already runs"
                        + pid
                        + where
                        + "; stop it with caffeine --stop --name "
                        + files.name()
                        + ", or choose another --name");
    }

    /**
     * Redirects standard error of this process and its children to the instance's log, so that also
     * the last message of a JVM in the background is kept.
     */
    public void openLog() throws InstanceException {
        InstanceLog.open(files.log());
    }

    /** Makes the PID file. */
    public synchronized void appear() throws InstanceException {
        pidFile = PidFile.create(files.pidFile(), Processes.getpid());
    }

    /**
     * Prepares for switching the user: writes the details, keeps their file open for later changes,
     * and makes the other user the owner of the PID file, so that it can remove the file.
     */
    public synchronized void handOver(Details known, int uid, int gid) throws InstanceException {
        running(known);
        try {
            kept = FileChannel.open(files.details(), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new InstanceException(files.details() + " cannot be opened: " + reason(e));
        }
        if (pidFile != null) {
            pidFile.give(uid, gid);
        }
    }

    /** Writes the details. */
    public synchronized void running(Details known) throws InstanceException {
        try {
            write(known);
            details = known;
        } catch (IOException e) {
            throw new InstanceException(files.details() + " cannot be written: " + reason(e));
        }
    }

    private void write(Details known) throws IOException {
        FileChannel open = kept;
        if (open == null) {
            known.write(files.details());
        } else {
            known.write(open);
        }
    }

    /** Its options have changed. */
    public synchronized void changed(int workers, String path, long graceMs) {
        change(known -> known.with(workers, path, graceMs));
    }

    /** It begins to read its configuration again; the numbers of these rise. */
    public synchronized void reloading(long number) {
        change(known -> known.with(known.reload().beginning(number)));
    }

    /**
     * The reload has ended.
     *
     * @param messages its messages, one a line
     */
    public synchronized void reloaded(long number, boolean taken, String messages) {
        change(known -> known.with(known.reload().ending(number, taken, messages)));
    }

    /** It drains. */
    public synchronized void draining() {
        change(Details::draining);
    }

    private void change(UnaryOperator<Details> change) {
        Details known = details;
        if (closed || known == null) {
            return;
        }
        details = change.apply(known);
        try {
            write(details);
        } catch (IOException _) {
            // A full disk must not keep a server from serving, nor from ending.
        }
    }

    /** Removes its files, but for the log, and gives up the name. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (pidFile != null) {
            pidFile.close();
        }
        try (FileChannel open = kept) {
            if (open == null) {
                Files.deleteIfExists(files.details());
            } else {
                open.truncate(0);
            }
        } catch (IOException _) {
            // The next one of the name removes it.
        }
        lock.close();
    }
}
