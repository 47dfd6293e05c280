package caffeine.server.script;

import caffeine.os.Descriptors;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.server.buffer.SlabPool;
import caffeine.server.file.Printable;

import java.nio.file.Path;

/** Storage for the content of requests: memory, up to a common limit, and a folder for the rest. */
public final class ContentStore implements AutoCloseable {

    private static final int CLOSED = -1;

    private final byte[] folder;
    private final SlabPool pool;
    private int nothing;

    /**
     * @param folder where files for large content are made; nameless files
     * @param memoryBytes the most memory for content that is still coming; beyond it, smaller
     *     content goes to files too
     * @throws ErrnoException when /dev/null cannot be opened
     */
    ContentStore(Path folder, long memoryBytes) {
        this(folder, new SlabPool(memoryBytes));
    }

    /** With shared memory. */
    public ContentStore(Path folder, SlabPool pool) {
        this.folder = Files.path(folder.toString());
        this.pool = pool;
        this.nothing =
                ErrnoException.check("open /dev/null", Files.open("/dev/null", Files.O_RDONLY, 0));
    }

    /** The folder that {@code TMPDIR} names, or else the system's for temporary files. */
    public static Path defaultFolder() {
        String chosen = System.getenv("TMPDIR");
        return chosen != null && chosen.startsWith("/")
                ? Path.of(chosen)
                : Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    }

    SlabPool pool() {
        return pool;
    }

    /** A descriptor of /dev/null, for empty content. It is shared: callers must not close it. */
    int nothing() {
        return nothing;
    }

    /** Makes a nameless file on disk; a descriptor, or -errno. */
    int openFile() {
        return Files.openTemporary(folder);
    }

    /** Makes a nameless file in memory; a descriptor, or -errno. */
    static int openMemory() {
        return Files.memfdCreate("content", 0);
    }

    /** The folder, for messages. */
    String folder() {
        return Printable.of(folder);
    }

    @Override
    public void close() {
        if (nothing != CLOSED) {
            Descriptors.close(nothing);
            nothing = CLOSED;
        }
    }
}
