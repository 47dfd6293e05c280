package caffeine.server.file;

import caffeine.http.HttpDate;
import caffeine.http.RequestPath;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A page with the names in a folder: folders first, then files, by name. Bytes of names that are no
 * characters in UTF-8 are shown as U+FFFD; their links have the bytes.
 */
final class Listing {

    /** A page has at most this many names; it says when there are more. */
    private static final int MOST_NAMES = 10_000;

    private Listing() {}

    /**
     * The page, in UTF-8.
     *
     * @param prefix what is before the tree in the address; empty or from a slash on
     * @param folder its name in the tree; empty for the whole tree
     * @throws IOException when the folder cannot be read
     */
    static byte[] of(FileTree tree, String prefix, String folder) throws IOException {
        List<FileTree.Entry> entries = new ArrayList<>(tree.list(folder, MOST_NAMES + 1));
        boolean more = entries.size() > MOST_NAMES;
        entries.sort(
                Comparator.comparing((FileTree.Entry each) -> each.version() != null)
                        .thenComparing(FileTree.Entry::name));
        StringBuilder page = new StringBuilder(256 + 160 * entries.size());
        String title = text(prefix) + "/" + text(folder) + (folder.isEmpty() ? "" : "/");
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<title>Index of ")
                .append(title)
                .append("</title>\n</head>\n<body>\n<h1>Index of ")
                .append(title)
                .append("</h1>\n<table>\n");
        if (!folder.isEmpty()) {
            page.append("<tr><td><a href=\"../\">../</a></td></tr>\n");
        }
        for (FileTree.Entry entry : more ? entries.subList(0, MOST_NAMES) : entries) {
            line(page, entry);
        }
        page.append("</table>\n");
        if (more) {
            page.append("<p>The folder has more than ").append(MOST_NAMES).append(" names.</p>\n");
        }
        return page.append("</body>\n</html>\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void line(StringBuilder page, FileTree.Entry entry) {
        FileVersion version = entry.version();
        String slash = version == null ? "/" : "";
        // "./" before the name: one with a colon would be read as a URL's scheme.
        page.append("<tr><td><a href=\"./")
                .append(escaped(RequestPath.encoded(entry.name())))
                .append(slash)
                .append("\">")
                .append(text(entry.name()))
                .append(slash)
                .append("</a></td>");
        if (version != null) {
            byte[] date = HttpDate.format(version.modifiedSecond());
            page.append("<td>")
                    .append(version.bytes())
                    .append("</td><td>")
                    .append(new String(date, StandardCharsets.US_ASCII))
                    .append("</td>");
        }
        page.append("</tr>\n");
    }

    /** A name as text of a page. */
    private static String text(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return escaped(new String(bytes, StandardCharsets.UTF_8));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
