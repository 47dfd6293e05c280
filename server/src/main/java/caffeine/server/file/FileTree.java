package caffeine.server.file;

import caffeine.server.engine.NativeAccess;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder whose files can be sent. Nothing outside of it can be opened, whatever links it has.
 *
 * <p>A name is the path of a file below the folder: names of bytes, a character (ISO-8859-1) for
 * each, with slashes between them, without dot segments; the empty name is the folder itself.
 * Implementations are thread-safe.
 */
interface FileTree extends AutoCloseable {

    /** What there is under a name. */
    sealed interface Found permits OpenFile, Folder, Missing {}

    /** A folder. */
    enum Folder implements Found {
        FOLDER
    }

    /**
     * No file.
     *
     * @param status the answer: 404, 403, 500 or 503
     * @param isForOperator whether the operator can fix it, so that it belongs in the log
     * @param detail the reason, with the next step; printable
     */
    record Missing(int status, boolean isForOperator, String detail)
            implements Found, FileHandler.Target {}

    /**
     * A line of a listing.
     *
     * @param name as the names of a tree
     * @param version null for a folder
     */
    record Entry(String name, @Nullable FileVersion version) {}

    /** Opens a file for reading. */
    Found open(String name);

    /** The version of a file now; null without one. Cheaper than {@link #open}. */
    @Nullable FileVersion versionOf(String name);

    /**
     * The version of a folder now, which every change of the names in it changes; null without one,
     * and where the system does not tell.
     */
    @Nullable FileVersion folderVersion(String name);

    /** Whether a name is taken, if only by a link to nothing. Cheaper than {@link #open}. */
    boolean hasName(String name);

    /** The same text for two trees with the same folder. */
    String identity();

    /**
     * The files and folders in a folder, in no order, without hidden ones and without those that
     * cannot be opened.
     *
     * @param most how many at most
     * @throws IOException when the folder cannot be read
     */
    List<Entry> list(String name, int most) throws IOException;

    @Override
    void close();

    /**
     * Opens a folder: with openat2 where this process may call the kernel, else with the JDK.
     *
     * @throws IOException when it cannot; the message is for the user
     */
    static FileTree of(Path root) throws IOException {
        return NativeAccess.isEnabled()
                ? new KernelTree(ServedFolder.open(root))
                : new PortableTree(root);
    }
}
