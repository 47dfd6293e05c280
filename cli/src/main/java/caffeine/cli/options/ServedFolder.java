package caffeine.cli.options;

import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Finds the folder to serve, and explains why a folder cannot be served. */
final class ServedFolder {

    private final Option option;
    private final Surroundings surroundings;
    private final boolean makes;

    /**
     * @param option the option that names it
     * @param makes whether the user's own folder is made when it is missing
     */
    ServedFolder(Option option, Surroundings surroundings, boolean makes) {
        this.option = option;
        this.surroundings = surroundings;
        this.makes = makes;
    }

    /**
     * The folder in its absolute and real form.
     *
     * @param given the value of the option; null for the folder that is made when it is missing
     * @throws StartException when there is no such folder, or it may not be read
     */
    Path find(@Nullable String given) throws StartException {
        return check(given == null ? ownFolder() : Text.path(option, given));
    }

    private Path ownFolder() throws StartException {
        Path folder = Path.of(surroundings.home(), ".config", "caffeine");
        if (Files.exists(folder)) {
            return folder;
        }
        if (!makes) {
            throw new StartException(
                    folder
                            + " does not exist yet: the first start creates it; name another folder"
                            + " with --path");
        }
        try {
            // Other users could place scripts there, which would run as this user.
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new StartException(
                    folder + " cannot be made: " + Text.reason(e) + "; name a folder with --path");
        }
        surroundings.print(
                "made "
                        + folder
                        + " for you: each script and program put there becomes a web address"
                        + " (--path serves another folder)");
        return folder;
    }

    private Path check(Path folder) throws StartException {
        if (!Files.exists(folder)) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + folder
                            + " is not there; "
                            + adviceForMissing(folder));
        }
        if (!Files.isDirectory(folder)) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + folder
                            + " is a file; name the folder that it lies in");
        }
        // To list it is not enough: without x no file in it can be opened.
        if (!Files.isReadable(folder) || !Files.isExecutable(folder)) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + folder
                            + " cannot be read by this user; try chmod u+rx "
                            + folder);
        }
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            throw new StartException(
                    option.longName()
                            + ": "
                            + folder
                            + " cannot be opened: "
                            + Text.reason(e)
                            + "; check its parents");
        }
    }

    private String adviceForMissing(Path folder) {
        return folder.startsWith("~")
                ? "the shell left the ~ as it is: write "
                        + option.longName()
                        + " ~/... with a space before it"
                : "make it with mkdir -p " + folder + ", or name another folder";
    }
}
