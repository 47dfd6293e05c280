package caffeine.server.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.server.core.FileRange;
import caffeine.server.options.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A tree by the JDK alone, for systems and programs without calls to the kernel. A file counts if
 * its real path, with all links resolved, is below the real path of the folder. Between that check
 * and the opening a name could be replaced by a link, so no other user should be able to write to
 * the folder; a {@link KernelTree} has no such moment.
 */
final class PortableTree implements FileTree {

    private final Path root;

    /**
     * A tree.
     *
     * @throws IOException when there is no such folder; the message is for the user
     */
    PortableTree(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new FileNotFoundException("cannot open " + root + ": it is not a folder");
        }
        this.root = root.toRealPath();
    }

    @Override
    public Found open(String name) {
        Path file;
        try {
            file = resolved(name);
            BasicFileAttributes attributes = attributes(file);
            if (attributes.isDirectory()) {
                return Folder.FOLDER;
            }
            if (!attributes.isRegularFile()) {
                return missing(name);
            }
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            return new ChannelFile(channel, file, version(attributes));
        } catch (AccessDeniedException _) {
            return new Missing(
                    403, true, printable(name) + " cannot be read; change its permissions");
        } catch (NoSuchFileException | InvalidPathException _) {
            return missing(name);
        } catch (FileSystemException e) {
            return isPlain(e)
                    ? missing(name)
                    : new Missing(500, true, "cannot open " + printable(name) + ": " + e);
        } catch (IOException e) {
            return new Missing(503, true, "cannot open " + printable(name) + ": " + e);
        }
    }

    /** A loop of links, a name that is too long, a file where a folder should be. */
    private static boolean isPlain(FileSystemException e) {
        String reason = String.valueOf(e.getReason());
        return reason.contains("links")
                || reason.contains("loop")
                || reason.contains("too long")
                || reason.contains("Not a directory");
    }

    private Missing missing(String name) {
        return new Missing(404, false, "no such file: " + printable(name));
    }

    private String printable(String name) {
        return Printable.of(root.toString().getBytes(UTF_8)) + "/" + Printable.of(name);
    }

    /**
     * The real path of a name.
     *
     * @throws NoSuchFileException also for one outside of the tree
     */
    private Path resolved(String name) throws IOException {
        Path file = path(name).toRealPath();
        if (!file.startsWith(root)) {
            throw new NoSuchFileException(name);
        }
        return file;
    }

    private Path path(String name) {
        return root.resolve(new String(name.getBytes(ISO_8859_1), UTF_8));
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    private static FileVersion version(BasicFileAttributes attributes) {
        long modifiedNs = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        Object key = attributes.fileKey();
        long inode = key == null ? 0 : key.hashCode();
        return new FileVersion(0, inode, modifiedNs, modifiedNs, attributes.size());
    }

    @Override
    public @Nullable FileVersion versionOf(String name) {
        try {
            return version(attributes(resolved(name)));
        } catch (IOException | InvalidPathException _) {
            return null;
        }
    }

    /** The time of a folder can be set to what it was, and the JDK knows no other. */
    @Override
    public @Nullable FileVersion folderVersion(String name) {
        return null;
    }

    @Override
    public boolean hasName(String name) {
        try {
            return !Files.notExists(path(name), LinkOption.NOFOLLOW_LINKS);
        } catch (InvalidPathException _) {
            return false;
        }
    }

    @Override
    public String identity() {
        return root.toString();
    }

    @Override
    public List<Entry> list(String name, int most) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(resolved(name))) {
            for (Path file : files) {
                String own = octets(String.valueOf(file.getFileName()));
                Entry entry = ScriptOptions.isHidden(own, 1) ? null : entry(name, own);
                if (entry != null) {
                    entries.add(entry);
                }
                if (entries.size() == most) {
                    break;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    private @Nullable Entry entry(String parent, String name) {
        try {
            BasicFileAttributes attributes =
                    attributes(resolved(parent.isEmpty() ? name : parent + "/" + name));
            if (attributes.isDirectory()) {
                return new Entry(name, null);
            }
            return attributes.isRegularFile() ? new Entry(name, version(attributes)) : null;
        } catch (IOException | InvalidPathException _) {
            return null;
        }
    }

    /** A name of the JDK as bytes, a character for each. */
    static String octets(String name) {
        return new String(name.getBytes(UTF_8), ISO_8859_1);
    }

    @Override
    public void close() {
        // It has no descriptor.
    }

    /** A file as a channel. */
    private static final class ChannelFile extends OpenFile {

        private final FileChannel channel;
        private final Path file;

        ChannelFile(FileChannel channel, Path file, FileVersion version) {
            super(version);
            this.channel = channel;
            this.file = file;
        }

        /**
         * By its path, because a channel does not tell the time; when the path has another file by
         * now, by the size alone.
         */
        @Override
        boolean isUnchanged() {
            try {
                if (channel.size() != version().bytes()) {
                    return false;
                }
                FileVersion now = PortableTree.version(attributes(file));
                return now.inode() != version().inode() || now.hasContentOf(version());
            } catch (IOException _) {
                return true;
            }
        }

        @Override
        int descriptor() {
            return FileRange.NO_DESCRIPTOR;
        }

        @Override
        int read(ByteBuffer into, long position) throws IOException {
            return channel.read(into, position);
        }

        @Override
        void closeFile() {
            try {
                channel.close();
            } catch (IOException _) {
                // It was only read.
            }
        }
    }
}
