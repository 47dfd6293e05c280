package caffeine.cli;

import caffeine.server.engine.StartException;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Paths as users write them, and messages for invalid ones. */
final class PathText {

    private PathText() {}

    /**
     * The path that an option names.
     *
     * @throws StartException when it is none
     */
    static Path parse(Option option, String text) throws StartException {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + Text.quoted(text)
                            + " cannot be used as a path: "
                            + e.getReason()
                            + "; letters beyond ASCII need LC_ALL=C.UTF-8 or the like");
        }
        throw new StartException(
                option.longName()
                        + ": \"\" names no "
                        + (option == Option.PATH ? "folder; \".\" is the current one" : "file"));
    }

    /**
     * A path that stands in a file: relative ones begin at that file's folder, and {@code ~/} is
     * the user's home, since there is no shell to expand it. A stream ({@code -}) stays one.
     */
    static String below(Path folder, String home, String text) {
        if (text.isEmpty() || text.equals("-") || text.startsWith("/") || text.indexOf('\0') >= 0) {
            return text;
        }
        if (text.startsWith("~/")) {
            return home + text.substring(1);
        }
        return folder + "/" + text;
    }

    /** Why a file could not be used. */
    static String reason(IOException e) {
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
