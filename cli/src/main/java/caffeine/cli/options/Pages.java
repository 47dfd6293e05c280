package caffeine.cli.options;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.cli.options.ConfigFile.Entry;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ErrorPages.Page;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Reads the files of {@code [error-pages]} at the start, so that no request waits for a disk. */
final class Pages {

    /** More than any real page; limits reading from an endless device. */
    private static final int MOST_BYTES = 1 << 20;

    /** No status. */
    private static final int NONE = 0;

    private static final String HTML = "text/html; charset=utf-8";

    /** By ending; all are text, and in UTF-8. */
    private static final Map<String, String> TYPES =
            Map.of(
                    "html", HTML,
                    "htm", HTML,
                    "txt", "text/plain; charset=utf-8",
                    "json", "application/json",
                    "xml", "application/xml",
                    "svg", "image/svg+xml");

    private Pages() {}

    /**
     * Reads all pages. A key that is no error, and a page that cannot be read, are added to the
     * file's mistakes.
     */
    static ErrorPages of(@Nullable ConfigFile file) {
        if (file == null || file.errorPages().isEmpty()) {
            return ErrorPages.NONE;
        }
        Map<Integer, Page> all = new HashMap<>();
        file.errorPages()
                .forEach(
                        (key, entry) -> {
                            int status = status(key, entry, file);
                            Page page = page(key, entry, file);
                            if (status != NONE && page != null) {
                                all.put(status, page);
                            }
                        });
        return new ErrorPages(all);
    }

    /** A status, or the first digit of a class. */
    private static int status(String key, Entry entry, ConfigFile file) {
        if (key.matches("[45]xx")) {
            return key.charAt(0) - '0';
        }
        if (key.matches("[45][0-9][0-9]")) {
            return Integer.parseInt(key);
        }
        file.mistake(
                entry.line(),
                ConfigFile.ERROR_PAGES
                        + ": "
                        + Text.quoted(key)
                        + " is not an error status; give one from 400 to 599, or 4xx or 5xx"
                        + " for all others");
        return NONE;
    }

    /** Null for a mistake. */
    private static @Nullable Page page(String key, Entry entry, ConfigFile file) {
        try {
            String type = type(entry.text());
            return new Page(type, new String(read(entry.text()), ISO_8859_1));
        } catch (UsageException e) {
            file.mistake(entry.line(), ConfigFile.ERROR_PAGES + "." + key + ": " + e.explanation());
            return null;
        }
    }

    private static String type(String name) throws UsageException {
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        String type = TYPES.get(ending);
        if (type == null || name.lastIndexOf('.') < name.lastIndexOf('/')) {
            throw new UsageException(
                    null,
                    name,
                    "does not say its type by its ending",
                    "name a file that ends in .html, .txt, .json, .xml or .svg");
        }
        return type;
    }

    private static byte[] read(String name) throws UsageException {
        try (var in = Files.newInputStream(Path.of(name))) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                String reason = "is longer than " + MOST_BYTES + " bytes";
                throw new UsageException(null, name, reason, "name a smaller one");
            }
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return bytes;
        } catch (CharacterCodingException _) {
            throw new UsageException(
                    null, name, "is not in UTF-8", "save it as UTF-8, as clients will read it");
        } catch (NoSuchFileException | InvalidPathException _) {
            throw new UsageException(
                    null,
                    name,
                    "is not there",
                    "write it, or correct the path (it begins at the folder"
                            + " of the configuration file)");
        } catch (IOException e) {
            String reason = Files.isDirectory(Path.of(name)) ? "it is a folder" : Text.reason(e);
            throw new UsageException(
                    null, name, "cannot be read: " + reason, "name a file that this user may read");
        }
    }
}
