package caffeine.server.options;

import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Settings for files that are sent.
 *
 * <pre>{@code
 * FileOptions.DEFAULT.withListing(true).withCacheControl("max-age=3600")
 * }</pre>
 *
 * @param folder the folder that answers at {@code /} where the scripts have nothing; absolute;
 *     {@code null}: none
 * @param sendfileRoot a folder whose files scripts may have sent (X-Sendfile), in addition to those
 *     beside them; absolute; {@code null}: none
 * @param index the names that stand for a folder, the first one that exists
 * @param listing whether a folder without an index is answered with a page of its names
 * @param types media types by ending, in addition to the usual ones: {@code "txt" → "text/plain"}
 * @param cacheControl the value of Cache-Control; empty: none
 */
public record FileOptions(
        @Nullable Path folder,
        @Nullable Path sendfileRoot,
        List<String> index,
        boolean listing,
        Map<String, String> types,
        String cacheControl) {

    /** No folder beside the scripts, {@code index.html}, and no listing. */
    public static final FileOptions DEFAULT =
            new FileOptions(null, null, List.of("index.html"), false, Map.of(), "");

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when a folder is not absolute, or a name or value is
     *     malformed
     */
    public FileOptions {
        requireAbsolute(folder);
        requireAbsolute(sendfileRoot);
        index = List.copyOf(index);
        types = Map.copyOf(types);
        for (String name : index) {
            if (name.isEmpty() || name.indexOf('/') >= 0 || name.startsWith(".")) {
                throw new IllegalArgumentException(
                        "an index is the name of a file that is not hidden: " + name);
            }
        }
        types.values().forEach(FileOptions::requireValue);
        requireValue(cacheControl);
    }

    private static void requireAbsolute(@Nullable Path path) {
        if (path != null && !path.isAbsolute()) {
            throw new IllegalArgumentException(path + " is not absolute");
        }
    }

    private static void requireValue(String text) {
        if (!Syntax.isFieldValue(text)) {
            throw new IllegalArgumentException("not the value of a field: " + text);
        }
    }

    /** These options with another folder. */
    public FileOptions withFolder(@Nullable Path newFolder) {
        return new FileOptions(newFolder, sendfileRoot, index, listing, types, cacheControl);
    }

    /** These options with another folder for X-Sendfile. */
    public FileOptions withSendfileRoot(@Nullable Path root) {
        return new FileOptions(folder, root, index, listing, types, cacheControl);
    }

    /** These options with other names of an index. */
    public FileOptions withIndex(String... names) {
        return new FileOptions(folder, sendfileRoot, List.of(names), listing, types, cacheControl);
    }

    /** These options with or without pages for folders. */
    public FileOptions withListing(boolean newListing) {
        return new FileOptions(folder, sendfileRoot, index, newListing, types, cacheControl);
    }

    /** These options with other media types. */
    public FileOptions withTypes(Map<String, String> newTypes) {
        return new FileOptions(folder, sendfileRoot, index, listing, newTypes, cacheControl);
    }

    /** These options with a value of Cache-Control, as in {@code max-age=3600}. */
    public FileOptions withCacheControl(String value) {
        return new FileOptions(folder, sendfileRoot, index, listing, types, value);
    }
}
