package caffeine.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.cli.ConfigFile.Entry;
import caffeine.server.ErrorPages;
import caffeine.server.ErrorPages.Page;
import caffeine.server.engine.StartException;

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

/** Reads what a file's {@code [error-pages]} names: now, so that no request waits for a disk. */
final class Pages {

    /** More than a page is; a device that never ends is not read for long. */
    private static final int MOST_BYTES = 1 << 20;

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

    private final ConfigFile file;

    private Pages(ConfigFile file) {
        this.file = file;
    }

    /**
     * Reads all pages.
     *
     * @throws StartException for a key that is no error, or a page that cannot be read, with file
     *     and line
     */
    static ErrorPages of(@Nullable ConfigFile file) throws StartException {
        if (file == null || file.errorPages().isEmpty()) {
            return ErrorPages.NONE;
        }
        Pages pages = new Pages(file);
        Map<Integer, Page> all = new HashMap<>();
        for (Map.Entry<String, Entry> each : file.errorPages().entrySet()) {
            all.put(pages.status(each.getKey(), each.getValue()), pages.page(each));
        }
        return new ErrorPages(all);
    }

    /** A status, or the first digit of a class. */
    private int status(String key, Entry entry) throws StartException {
        if (key.matches("[45]xx")) {
            return key.charAt(0) - '0';
        }
        if (!key.matches("[45][0-9][0-9]")) {
            throw file.mistake(
                    entry.line(),
                    ConfigFile.ERROR_PAGES
                            + ": "
                            + Text.quoted(key)
                            + " is no status of an error; give one from 400 to 599, or 4xx or 5xx"
                            + " for all others");
        }
        return Integer.parseInt(key);
    }

    private Page page(Map.Entry<String, Entry> named) throws StartException {
        String name = named.getValue().text();
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        String type = TYPES.get(ending);
        if (type == null || name.lastIndexOf('.') < name.lastIndexOf('/')) {
            throw mistake(
                    named,
                    "does not say its type by its ending",
                    "name a file that ends in .html, .txt, .json, .xml or .svg");
        }
        return new Page(type, new String(read(named, name), ISO_8859_1));
    }

    private byte[] read(Map.Entry<String, Entry> named, String name) throws StartException {
        try (var in = Files.newInputStream(Path.of(name))) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw mistake(
                        named, "is longer than " + MOST_BYTES + " bytes", "name a smaller one");
            }
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return bytes;
        } catch (CharacterCodingException _) {
            throw mistake(named, "is not in UTF-8", "save it as UTF-8, as clients will read it");
        } catch (NoSuchFileException | InvalidPathException _) {
            throw mistake(
                    named,
                    "is not there",
                    "write it, or correct the path (it begins at the folder"
                            + " of the configuration file)");
        } catch (IOException e) {
            String reason =
                    Files.isDirectory(Path.of(name)) ? "it is a folder" : PathText.reason(e);
            throw mistake(
                    named, "cannot be read: " + reason, "name a file that this user may read");
        }
    }

    private StartException mistake(Map.Entry<String, Entry> named, String reason, String advice) {
        Entry entry = named.getValue();
        return file.mistake(
                entry.line(),
                ConfigFile.ERROR_PAGES
                        + "."
                        + named.getKey()
                        + ": "
                        + Text.quoted(entry.text())
                        + " "
                        + reason
                        + "; "
                        + advice);
    }
}
