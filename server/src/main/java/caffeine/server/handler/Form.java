package caffeine.server.handler;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.form.FormLimits;
import caffeine.http.form.MultipartListener;
import caffeine.http.form.MultipartParser;
import caffeine.http.form.Parameters;
import caffeine.http.form.Part;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A form that was sent: its fields, and its files.
 *
 * <pre>{@code
 * Form form = request.form();
 * String title = form.value("title").orElse("");
 * for (Form.File file : form.files("photos")) {
 *     file.saveTo(photos.resolve(UUID.randomUUID() + ".jpg"));
 * }
 * }</pre>
 *
 * <p>The content of a {@link Request} is in memory, so its files are too. A {@link
 * StreamingExchange} stores a file of more than 64 KiB on disk as it comes, so that forms of any
 * size cost little memory; the server deletes it when the handler has returned.
 */
public final class Form implements AutoCloseable {

    /** A larger file of a streaming exchange is stored on disk. */
    static final int MEMORY_BYTES = 64 * 1024;

    /** All fields that are no files, together. */
    private static final long FIELD_BYTES = 1L << 20;

    private static final int READ_BYTES = 64 * 1024;

    private record Field(String name, String value) {}

    private final List<Field> values = new ArrayList<>();
    private final List<File> files = new ArrayList<>();
    private @Nullable Path folder;

    private Form() {}

    /** The form in the content of a request; without fields when it is none. */
    static Form of(Fields fields, byte[] content) {
        Form form = new Form();
        if (MultipartParser.accepts(fields)) {
            Reader reader = form.new Reader(false);
            MultipartParser parser = reader.parser(fields);
            parser.parse(content, 0, content.length);
            parser.end();
        } else if (Parameters.areContentOf(fields)) {
            form.addAll(Parameters.ofContent(content));
        }
        return form;
    }

    /** The form that a stream has. */
    static Form of(Fields fields, InputStream content) throws IOException {
        Form form = new Form();
        if (Parameters.areContentOf(fields)) {
            byte[] bytes = content.readNBytes((int) FIELD_BYTES + 1);
            form.addAll(Parameters.ofContent(bytes));
            requireFew(bytes.length);
            return form;
        }
        Reader reader = form.new Reader(true);
        MultipartParser parser = reader.parser(fields);
        byte[] bytes = new byte[READ_BYTES];
        try {
            int count = content.read(bytes);
            while (count >= 0) {
                parser.parse(bytes, 0, count);
                count = content.read(bytes);
            }
            parser.end();
            return form;
        } catch (UncheckedIOException e) {
            reader.abandon();
            throw e.getCause();
        } catch (Throwable e) {
            reader.abandon();
            throw e;
        }
    }

    private void addAll(Parameters parameters) {
        for (int i = 0; i < parameters.size(); i++) {
            values.add(new Field(parameters.name(i), parameters.value(i)));
        }
    }

    private static void requireFew(long bytes) {
        if (bytes > FIELD_BYTES) {
            throw new HttpException(413, "RFC 9110 §15.5.14", "fields of more than 1 MiB");
        }
    }

    /** The first value of a field that is no file. */
    public Optional<String> value(String name) {
        return values.stream().filter(each -> each.name.equals(name)).map(Field::value).findFirst();
    }

    /** All values of a field, in their order. */
    public List<String> values(String name) {
        return values.stream().filter(each -> each.name.equals(name)).map(Field::value).toList();
    }

    /** The names of all fields that are no files, each once, in their order. */
    public List<String> names() {
        return values.stream().map(Field::name).distinct().toList();
    }

    /** The first file of a field. A field whose user chose no file has none. */
    public Optional<File> file(String name) {
        return files.stream().filter(each -> each.field().equals(name)).findFirst();
    }

    /** All files of a field, in their order. */
    public List<File> files(String name) {
        return files.stream().filter(each -> each.field().equals(name)).toList();
    }

    /** All files, in their order. */
    public List<File> files() {
        return List.copyOf(files);
    }

    /** Deletes files that are stored on disk and were not {@linkplain File#saveTo kept}. */
    @Override
    public void close() {
        files.forEach(File::delete);
        Path made = folder;
        folder = null;
        if (made != null) {
            delete(made);
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException _) {
            // It is in the folder for temporary files.
        }
    }

    /** Of stored files. */
    Path folder() throws IOException {
        Path made = folder;
        if (made == null) {
            made = Files.createTempDirectory("caffeine-form-");
            folder = made;
        }
        return made;
    }

    /** A file of a form. */
    public static final class File {

        private final Part part;
        private final long size;
        private final byte[] bytes;

        /** Null when it is in memory. */
        private @Nullable Path stored;

        private File(Part part, long size, byte[] bytes, @Nullable Path stored) {
            this.part = part;
            this.size = size;
            this.bytes = bytes;
            this.stored = stored;
        }

        /** The name of its field. */
        public String field() {
            return part.name();
        }

        /**
         * The name that it has at the client, without folders and control characters; it may be
         * empty. It can be any text, so it is to be shown, and no name to store a file under.
         */
        public String name() {
            return Objects.requireNonNullElse(part.fileName(), "");
        }

        /** The media type that the client says; {@code text/plain} when it says none. */
        public String type() {
            return part.contentType();
        }

        /** In bytes. */
        public long size() {
            return size;
        }

        /**
         * Its content, to be closed by the caller.
         *
         * @throws IOException when it is stored on disk, and cannot be read
         */
        public InputStream open() throws IOException {
            Path path = stored;
            return path == null ? new ByteArrayInputStream(bytes) : Files.newInputStream(path);
        }

        /**
         * Keeps it as a file, in the place of one that is there.
         *
         * @throws IOException when the file system fails
         */
        public void saveTo(Path target) throws IOException {
            Path path = stored;
            if (path == null) {
                Files.write(target, bytes);
            } else {
                Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }

        private void delete() {
            Path path = stored;
            stored = null;
            if (path != null) {
                Form.delete(path);
            }
        }
    }

    /** Collects the parts. */
    private final class Reader implements MultipartListener {

        private final boolean mayStore;
        private ByteArrayOutputStream memory = new ByteArrayOutputStream();
        private @Nullable Part part;
        private @Nullable Path path;
        private @Nullable OutputStream stored;
        private long size;
        private long fieldBytes;

        Reader(boolean mayStore) {
            this.mayStore = mayStore;
        }

        MultipartParser parser(Fields fields) {
            return new MultipartParser(MultipartParser.boundary(fields), FormLimits.DEFAULTS, this);
        }

        @Override
        public void part(Part begun) {
            part = begun;
            memory.reset();
            size = 0;
        }

        @Override
        public void content(byte[] b, int from, int to) {
            size += to - from;
            if (Objects.requireNonNull(part).fileName() == null) {
                fieldBytes += to - from;
                requireFew(fieldBytes);
            }
            try {
                OutputStream out = stored;
                if (out == null && isForDisk()) {
                    out = store();
                }
                (out == null ? memory : out).write(b, from, to - from);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private boolean isForDisk() {
            return mayStore
                    && size > MEMORY_BYTES
                    && Objects.requireNonNull(part).fileName() != null;
        }

        private OutputStream store() throws IOException {
            Path file = folder().resolve(Integer.toString(files.size()));
            path = file;
            OutputStream out = Files.newOutputStream(file);
            stored = out;
            memory.writeTo(out);
            memory = new ByteArrayOutputStream();
            return out;
        }

        @Override
        public void partEnd() {
            Part ended = Objects.requireNonNull(part);
            if (ended.fileName() == null) {
                values.add(new Field(ended.name(), utf8(memory.toByteArray())));
                return;
            }
            Path file = path;
            closeStored();
            if (size > 0 || !ended.fileName().isEmpty()) { // else the user has chosen none
                byte[] bytes = file == null ? memory.toByteArray() : new byte[0];
                files.add(new File(ended, size, bytes, file));
            }
            path = null;
        }

        private void closeStored() {
            OutputStream out = stored;
            stored = null;
            if (out != null) {
                try {
                    out.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private static String utf8(byte[] bytes) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException _) {
                throw new HttpException(400, "RFC 7578 §5.1.2", "a field that is not in UTF-8");
            }
        }

        @Override
        public void end() {}

        /** After a failure. */
        void abandon() {
            try {
                closeStored();
            } catch (UncheckedIOException _) {
                // It is deleted.
            }
            Path file = path;
            if (file != null) {
                Form.delete(file);
            }
            close();
        }
    }
}
