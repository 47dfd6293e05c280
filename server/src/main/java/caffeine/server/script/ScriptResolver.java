package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.http.RequestPath;
import caffeine.os.Errno;
import caffeine.server.LogLevel;
import caffeine.server.ScriptOptions;
import caffeine.server.ScriptOptions.Interpreter;
import caffeine.server.script.Resolution.Redirect;
import caffeine.server.script.Resolution.Refusal;
import caffeine.server.script.Script.Mode;
import caffeine.server.script.ServedFolder.Found;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds the script that an address means (DESIGN §5, "Resolution"): the first file on the way down
 * from the served folder; what follows is its PATH_INFO.
 *
 * <ul>
 *   <li>A name that begins with a dot, a link that leads outside (unless its route has {@code
 *       follow-links}), a loop of links, a name too long for the kernel, a FIFO, a socket and a
 *       device are as good as not there: 404.
 *   <li>A folder's address ends in a slash, and means its {@code index}, or else {@code
 *       index.<ending>} in the order of the interpreters.
 *   <li>An executable file is executed; one that is not is run by the interpreter of its ending;
 *       else 403.
 *   <li>Files whose interpreter speaks CGI only ({@code .php}) always run in cgi mode, where a
 *       whole HTTP response passes too. Their run bit, which archives and foreign disks tend to set
 *       everywhere, counts only if the file begins with {@code #!}.
 * </ul>
 *
 * <p>An address that is the script's own costs three system calls: {@code openat2}, {@code statx},
 * {@code close}. One with PATH_INFO costs one {@code openat2} more, if the script lies as deep as
 * the last such one did; else the depth is found by bisection.
 *
 * <p>The folder is opened once, and SCRIPT_FILENAME begins with the place where it was then: what
 * was checked is what runs, even if a link to it is turned elsewhere meanwhile.
 *
 * <p>Not thread-safe: each loop has its own.
 */
public final class ScriptResolver implements AutoCloseable {

    /** So many dialects are remembered; the one that was asked for longest ago is forgotten. */
    private static final int MOST_DIALECTS = 4096;

    /** The longest path that the kernel takes: PATH_MAX less the NUL (linux/limits.h). */
    private static final int MAX_PATH = 4095;

    private final ServedFolder folder;
    private final String root;
    private final Interpreters interpreters;
    private final boolean cgiEverywhere;
    private final ScriptRoutes routes;

    /** What the first answers of scripts have told, by the file as it was. */
    private final Map<Script.Version, Mode> dialects =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Script.Version, Mode> eldest) {
                    return size() > MOST_DIALECTS;
                }
            };

    /** How deep the last script with PATH_INFO lay: where to look first for the next. */
    private int guess;

    /**
     * Opens the served folder.
     *
     * @throws IOException when it cannot; the message is for the user
     */
    public ScriptResolver(ScriptOptions options) throws IOException {
        this(options, ServedFolder.open(options.root()));
    }

    /** Resolves below a folder that is this object's from now on. */
    ScriptResolver(ScriptOptions options, ServedFolder folder) {
        this.folder = folder;
        String real = new String(folder.path(), ISO_8859_1);
        root = real.equals("/") ? "" : real;
        interpreters = new Interpreters(options.interpreters());
        cgiEverywhere = options.cgiEverywhere();
        routes = new ScriptRoutes(options);
        if (routes.anyFollowsLinks()) {
            folder.followLinks(place -> routes.of(place, "").followsLinks());
        }
    }

    /** DOCUMENT_ROOT: the served folder, absolute, links resolved; a character for each byte. */
    public String root() {
        return root.isEmpty() ? "/" : root;
    }

    /**
     * Finds what runs for an address.
     *
     * @param rawPath the path of the request target, not decoded: {@code /cgi-bin/echo/a%20b}
     * @throws HttpException 400 for a path that no address has
     */
    public Resolution resolve(String rawPath) {
        ScriptPath path = new ScriptPath(RequestPath.of(rawPath), MAX_PATH - root.length() - 1);
        if (path.isWhole() && path.endsInSlash()) {
            String index = path.child("index");
            Found found = look(index);
            if (found == Found.FILE) {
                return file(index, "");
            }
            if (found == Found.DISTRUSTED) {
                return nothing(found, index);
            }
        }
        return walk(path);
    }

    /** Remembers what the first answer of a script has told of it. */
    void learn(Script script, Mode dialect) {
        Script.Version version = script.version();
        if (version != null) {
            dialects.put(version, dialect);
        }
    }

    @Override
    public void close() {
        folder.close();
    }

    /**
     * Looks for the depth at which the file lies. Less deep there are folders; deeper there is
     * nothing, and the kernel says that this is so because of a file on the way (ENOTDIR). Every
     * other answer settles the matter.
     */
    private Resolution walk(ScriptPath path) {
        int above = 0;
        int below = path.depth() + 1;
        for (int at = path.depth(); at > above; ) {
            String name = path.upTo(at);
            Found found = look(name);
            switch (found) {
                case FILE -> {
                    guess = at;
                    return file(name, path.after(at));
                }
                case FOLDER -> above = at;
                case BELOW_FILE -> below = at;
                default -> {
                    return nothing(found, name);
                }
            }
            at = above < guess && guess < below ? guess : (above + below) / 2;
        }
        if (above < path.depth() || !path.isWhole()) {
            return nothing(Found.NOTHING, path.upTo(path.depth()));
        }
        return path.endsInSlash() ? index(path) : new Redirect(path.encodedFolder());
    }

    /** A folder whose address is complete and that has no {@code index} without an ending. */
    private Resolution index(ScriptPath path) {
        for (Interpreter interpreter : interpreters.all()) {
            String name = path.child("index." + interpreter.ending());
            Found found = look(name);
            switch (found) {
                case FILE -> {
                    return file(name, "");
                }
                case FORBIDDEN, NO_RESOURCES, BROKEN, DISTRUSTED -> {
                    return nothing(found, name);
                }
                default -> {}
            }
        }
        return new Refusal(
                404, LogLevel.DEBUG, "the folder has no index: " + printable(path.child("")));
    }

    private Resolution file(String name, String pathInfo) {
        byte[] bytes = name.getBytes(ISO_8859_1);
        Interpreter interpreter = interpreters.of(name);
        boolean executed = folder.isExecutable(bytes);
        boolean cgiOnly = interpreter != null && interpreter.cgiOnly();
        if (executed && cgiOnly) {
            executed = folder.namesItsInterpreter(bytes);
        }
        byte[] program = null;
        String address = "/" + name;
        ScriptRoute route = routes.of(address, pathInfo);
        if (!executed) {
            if (interpreter == null) {
                return notExecutable(name);
            }
            program = interpreters.program(interpreter, route.path());
            if (program == null) {
                return noInterpreter(name, interpreter, route.path());
            }
        }
        Mode mode = cgiOnly ? Mode.CGI : route.mode(cgiEverywhere || address.contains("/cgi-bin/"));
        Script.Version version = null;
        if (mode == Mode.AUTO) {
            version = folder.version();
            mode = Script.isRaw(address) ? Mode.DIRECT : dialects.getOrDefault(version, Mode.AUTO);
        }
        return new Script(root, address, pathInfo, mode, program, route, version);
    }

    private Found look(String name) {
        return folder.look(name.getBytes(ISO_8859_1));
    }

    private Refusal nothing(Found found, String name) {
        String file = printable(name);
        return switch (found) {
            case FORBIDDEN ->
                    new Refusal(
                            403,
                            LogLevel.WARN,
                            "a folder on the way may not be entered, chmod +x it: " + file);
            case NO_RESOURCES ->
                    new Refusal(503, LogLevel.WARN, "cannot look for " + file + ": " + reason());
            case BROKEN ->
                    new Refusal(500, LogLevel.WARN, "cannot look for " + file + ": " + reason());
            case DISTRUSTED ->
                    new Refusal(
                            404,
                            LogLevel.WARN,
                            "the link leads out of the folder and is not followed: "
                                    + file
                                    + ": "
                                    + folder.objection());
            case SPECIAL -> new Refusal(404, LogLevel.DEBUG, "neither file nor folder: " + file);
            default -> new Refusal(404, LogLevel.DEBUG, "no such file: " + file);
        };
    }

    private Refusal notExecutable(String name) {
        String file = printable(name);
        return new Refusal(
                403,
                LogLevel.WARN,
                file
                        + " is not executable, and its ending names no interpreter; to run it:"
                        + " chmod +x '"
                        + file
                        + "'");
    }

    private Refusal noInterpreter(String name, Interpreter interpreter, @Nullable String path) {
        return new Refusal(
                500,
                LogLevel.WARN,
                "no program "
                        + interpreter.command()
                        + " in "
                        + Interpreters.path(path)
                        + ": install it to run "
                        + printable(name));
    }

    private String reason() {
        return Errno.describe(folder.errno());
    }

    private String printable(String name) {
        return Printable.of(root + "/" + name);
    }
}
