package caffeine.server.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Stat;
import caffeine.server.options.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A tree whose every step the kernel takes, below a {@link ServedFolder}. */
final class KernelTree implements FileTree {

    private final ServedFolder folder;
    private final String root;
    private final String identity;

    /** Takes ownership of the folder. */
    KernelTree(ServedFolder folder) {
        this.folder = folder;
        this.root = Printable.of(folder.path());
        FileVersion version = versionOf("");
        this.identity =
                version == null ? root : root + " " + version.device() + " " + version.inode();
    }

    @Override
    public Found open(String name) {
        byte[] path = path(name);
        synchronized (folder) {
            ServedFolder.Found found = folder.openForReading(path);
            return switch (found) {
                case FILE -> new KernelFile(folder.takeOpened(), folder.version());
                case FOLDER -> {
                    Descriptors.close(folder.takeOpened());
                    yield Folder.FOLDER;
                }
                default -> missing(found, name);
            };
        }
    }

    private Missing missing(ServedFolder.Found found, String name) {
        String file = root + "/" + Printable.of(name);
        String reason = Errno.describe(folder.errno());
        return switch (found) {
            case FORBIDDEN ->
                    new Missing(
                            403,
                            true,
                            file
                                    + " cannot be read: "
                                    + reason
                                    + "; chmod a+r it, and a+x its"
                                    + " folders");
            case NO_RESOURCES -> new Missing(503, true, "cannot open " + file + ": " + reason);
            case BROKEN -> new Missing(500, true, "cannot open " + file + ": " + reason);
            case DISTRUSTED ->
                    new Missing(
                            404,
                            true,
                            "the link leads out of the folder and is not followed: "
                                    + file
                                    + ": "
                                    + folder.objection());
            case SPECIAL -> new Missing(404, false, "neither file nor folder: " + file);
            default -> new Missing(404, false, "no such file: " + file);
        };
    }

    @Override
    public @Nullable FileVersion versionOf(String name) {
        synchronized (folder) {
            return folder.versionOf(path(name));
        }
    }

    @Override
    public @Nullable FileVersion folderVersion(String name) {
        return versionOf(name);
    }

    @Override
    public boolean hasName(String name) {
        synchronized (folder) {
            return folder.hasName(path(name));
        }
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public List<Entry> list(String name, int most) throws IOException {
        int fd;
        synchronized (folder) {
            if (folder.openForReading(path(name)) != ServedFolder.Found.FOLDER) {
                throw new IOException("no folder any more");
            }
            fd = folder.takeOpened();
        }
        List<byte[]> names = new ArrayList<>();
        int result = Files.readNames(fd, most, names);
        Descriptors.close(fd);
        if (result < 0) {
            throw new IOException("getdents64: " + Errno.describe(-result));
        }
        List<Entry> entries = new ArrayList<>(names.size());
        for (byte[] each : names) {
            Entry entry = entry(name, new String(each, ISO_8859_1));
            if (entry != null) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private @Nullable Entry entry(String parent, String name) {
        if (ScriptOptions.isHidden(name, 1)) {
            return null;
        }
        synchronized (folder) {
            return switch (folder.look(path(parent.isEmpty() ? name : parent + "/" + name))) {
                case FILE -> new Entry(name, folder.version());
                case FOLDER -> new Entry(name, null);
                default -> null;
            };
        }
    }

    private static byte[] path(String name) {
        return (name.isEmpty() ? "." : name).getBytes(ISO_8859_1);
    }

    @Override
    public void close() {
        synchronized (folder) {
            folder.close();
        }
    }

    /** Native memory for one call, used again because the JDK takes long to allocate some. */
    private static final class Scratch {

        static final int BYTES = FileHandler.CACHED_BYTES;

        /** As many as there were threads in calls at one time. */
        private static final Queue<Scratch> SPARE = new ConcurrentLinkedQueue<>();

        final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES);
        final MemorySegment segment = MemorySegment.ofBuffer(bytes.duplicate());
        final Stat stat = new Stat();

        static Scratch take() {
            Scratch spare = SPARE.poll();
            return spare == null ? new Scratch() : spare;
        }

        void giveBack() {
            SPARE.add(this);
        }
    }

    /** A file as a descriptor. */
    private static final class KernelFile extends OpenFile {

        private final int fd;

        KernelFile(int fd, FileVersion version) {
            super(version);
            this.fd = fd;
        }

        @Override
        boolean isUnchanged() {
            Scratch scratch = Scratch.take();
            try {
                return Files.fstat(fd, scratch.stat) >= 0
                        && FileVersion.of(scratch.stat).hasContentOf(version());
            } finally {
                scratch.giveBack();
            }
        }

        @Override
        int descriptor() {
            return fd;
        }

        @Override
        int read(ByteBuffer into, long position) throws IOException {
            if (into.isDirect()) {
                int count = read(MemorySegment.ofBuffer(into), into.remaining(), position);
                into.position(into.position() + count);
                return count;
            }
            Scratch scratch = Scratch.take();
            try {
                int most = Math.min(into.remaining(), Scratch.BYTES);
                int count = read(scratch.segment, most, position);
                into.put(scratch.bytes.clear().limit(count));
                return count;
            } finally {
                scratch.giveBack();
            }
        }

        private int read(MemorySegment into, int length, long position) throws IOException {
            long count;
            do {
                count = Descriptors.pread(fd, into, 0, length, position);
            } while (count == -Errno.EINTR);
            if (count < 0) {
                throw new IOException("read: " + Errno.describe((int) -count));
            }
            return (int) count;
        }

        @Override
        void closeFile() {
            Descriptors.close(fd);
        }
    }
}
