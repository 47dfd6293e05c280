package caffeine.cli.options;

import caffeine.server.engine.StartException;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Puts foreign text into a line without breaking the line. */
public final class Text {

    private static final int LONGEST_QUOTE = 200;

    private Text() {}

    /** The text in quotes, on one line, and shortened when it is very long. */
    public static String quoted(String text) {
        String shown =
                text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "...";
        return '"' + oneLine(shown) + '"';
    }

    /** The text with each control character (also a terminal's escape) written as {@code \n}, … */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isISOControl(c)) {
                line.append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c == '\t') {
                line.append("\\t");
            } else {
                line.append("\\x");
                line.append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return line.toString();
    }

    /**
     * The path that an option names.
     *
     * @throws StartException when it is none
     */
    public static Path path(Option option, String text) throws StartException {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + quoted(text)
                            + " cannot be used as a path: "
                            + e.getReason()
                            + "; letters beyond ASCII need LC_ALL=C.UTF-8 or the like");
        }
        throw new StartException(
                option.longName()
                        + ": \"\" names no "
                        + (option.label != null && option.label.equals("FOLDER")
                                ? "folder; \".\" is the current one"
                                : "file"));
    }

    /**
     * A path that stands in a file: relative ones begin at that file's folder, and {@code ~/} is
     * the user's home, since there is no shell to expand it. A stream ({@code -}) stays one.
     */
    public static String below(Path folder, String home, String text) {
        if (text.isEmpty() || text.equals("-") || text.startsWith("/") || text.indexOf('\0') >= 0) {
            return text;
        }
        if (text.startsWith("~/")) {
            return home + text.substring(1);
        }
        return folder + "/" + text;
    }

    /** Why a file could not be used. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "it is not there";
        }
        if (e instanceof AccessDeniedException) {
            return "this user may not";
        }
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason != null ? reason : e.getClass().getSimpleName();
    }
}
