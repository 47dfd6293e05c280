package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.http.RequestPath;
import caffeine.os.Errno;
import caffeine.server.file.FileVersion;
import caffeine.server.file.Printable;
import caffeine.server.file.ServedFolder;
import caffeine.server.file.ServedFolder.Found;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.script.Resolution.Redirect;
import caffeine.server.script.Resolution.Refusal;
import caffeine.server.script.Script.Mode;
import caffeine.server.script.ScriptRoute.EncodedSlash;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Finds the script that an address means (DESIGN §5, "Resolution"): the first file on the way down
 * from the served folder; what follows is its PATH_INFO.
 *
 * <ul>
 *   <li>A name that begins with a dot (but {@code /.well-known}), a link that leads outside (unless
 *       its route has {@code follow-links}), a loop of links, a name too long for the kernel, a
 *       FIFO, a socket and a device are 404.
 *   <li>A folder's address ends in a slash, and means its {@code index}, or else {@code
 *       index.<ending>} in the order of the interpreters, or else {@code index.cgi}: an ending of a
 *       language counts before {@code .cgi}.
 *   <li>An executable file is executed; one that is not is run by the program of its first line
 *       ({@code #!}), if its ending is {@code .cgi} or that of an interpreter, or else by that
 *       interpreter; else 403. An executable file that the kernel cannot execute is also run by the
 *       interpreter of its ending.
 *   <li>Files whose interpreter speaks CGI only ({@code .php}) always run in cgi mode, where a
 *       whole HTTP response passes too. Their run bit, which archives and foreign disks often set,
 *       counts only if the file begins with {@code #!}; without it their first line, which often
 *       names the interpreter for the command line, is ignored.
 *   <li>Files that end in {@code .cgi} are CGI wherever they lie, unless their route says
 *       otherwise.
 * </ul>
 *
 * <p>An address that is the script's own costs three system calls: {@code openat2}, {@code statx},
 * {@code close}. One with PATH_INFO costs one {@code openat2} more, if the script lies as deep as
 * the last such one did; else the depth is found by bisection. Where a first line counts, it is
 * read once for each version of a file.
 *
 * <p>The folder is opened once, and SCRIPT_FILENAME begins with its path at that time: the checked
 * file is the one that runs, even if a link to the folder changes.
 *
 * <p>Not thread-safe: each loop has its own.
 */
public final class ScriptResolver implements AutoCloseable {

    /** The longest path that the kernel takes: PATH_MAX less the NUL (linux/limits.h). */
    private static final int MAX_PATH = 4095;

    private static final String CGI = "cgi";

    /** The size of each cache, in versions of files. */
    private static final int MOST_VERSIONS = 4096;

    private final ServedFolder folder;
    private final String root;
    private final Interpreters interpreters;
    private final boolean cgiEverywhere;
    private final ScriptRoutes routes;
    private final boolean encodedSlashes;

    /** The modes that the first outputs of scripts have shown. */
    private final Map<FileVersion, Mode> dialects = new ByVersion<>();

    /** The first lines of files. */
    private final Map<FileVersion, FirstLine> firstLines = new ByVersion<>();

    /** A cache by version of a file; the least recently used entry is dropped. */
    @SuppressWarnings("serial") // never serialized
    private static final class ByVersion<V> extends LinkedHashMap<FileVersion, V> {

        ByVersion() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<FileVersion, V> eldest) {
            return size() > MOST_VERSIONS;
        }
    }

    /** The depth of the last script with PATH_INFO: the first guess for the next. */
    private int guess;

    /**
     * Opens the served folder.
     *
     * @throws IOException when it cannot; the message is for the user
     */
    public ScriptResolver(ScriptOptions options) throws IOException {
        this(options, ServedFolder.open(options.root()));
    }

    /** Resolves below a folder; takes ownership. */
    ScriptResolver(ScriptOptions options, ServedFolder folder) {
        this.folder = folder;
        String real = new String(folder.path(), ISO_8859_1);
        root = real.equals("/") ? "" : real;
        interpreters = new Interpreters(options.interpreters());
        cgiEverywhere = options.cgiEverywhere();
        routes = new ScriptRoutes(options);
        encodedSlashes = routes.anyTakesEncodedSlashes();
        if (routes.anyFollowsLinks()) {
            folder.followLinks(place -> routes.of(place, "").followsLinks());
        }
    }

    /** DOCUMENT_ROOT: the served folder, absolute, links resolved; a character for each byte. */
    public String root() {
        return root.isEmpty() ? "/" : root;
    }

    /**
     * Finds the script of an address.
     *
     * @param rawPath the path of the request target, not decoded: {@code /cgi-bin/echo/a%20b}
     * @throws HttpException 400 for an invalid path
     */
    public Resolution resolve(String rawPath) {
        ScriptPath path = parsed(rawPath);
        Resolution.Sent sent = sent(path);
        return sent == null ? resolve(path) : sent;
    }

    /** Finds the script of an address that has no file to be sent. */
    Resolution resolveScript(String rawPath) {
        return resolve(parsed(rawPath));
    }

    private ScriptPath parsed(String rawPath) {
        RequestPath parsed =
                encodedSlashes ? RequestPath.withEncodedSlashes(rawPath) : RequestPath.of(rawPath);
        return new ScriptPath(parsed, MAX_PATH - root.length() - 1);
    }

    /** The file to be sent, by its route or its place; null for a script. */
    private Resolution.@Nullable Sent sent(ScriptPath path) {
        int depth = path.depthOfStatic();
        if (depth == 0 && !routes.anySendsFiles()) {
            return null;
        }
        String name = path.upTo(path.depth());
        ScriptRoute route = routes.of("/" + name, "");
        if (!route.sendsFiles(depth > 0)) {
            return null;
        }
        if (path.hasEncodedSlash()) {
            throw RequestPath.encodedSlash(); // No name of a file has one.
        }
        if (!path.isWhole()) {
            return new Resolution.Sent("", false, "", route);
        }
        String above = depth > 0 ? path.upTo(depth) : "";
        return new Resolution.Sent(name, path.endsInSlash(), above, route);
    }

    private Resolution resolve(ScriptPath path) {
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
        Resolution found = walk(path);
        if (path.hasEncodedSlash() && found instanceof Refusal refusal && refusal.status() == 404) {
            throw RequestPath.encodedSlash(); // No name of a file has one.
        }
        return found;
    }

    /** Whether there is a folder of this name below the served one. */
    boolean isFolder(String name) {
        return look(name) == Found.FOLDER;
    }

    /** Whether there is a file of this name below the served folder. */
    boolean isFile(String name) {
        return look(name) == Found.FILE;
    }

    /** The served folder; the caller must not close it. */
    ServedFolder folder() {
        return folder;
    }

    /** Caches the mode that the first output of a script has shown. */
    void learn(Script script, Mode dialect) {
        FileVersion version = script.version();
        if (version != null) {
            dialects.put(version, dialect);
        }
    }

    @Override
    public void close() {
        folder.close();
    }

    /**
     * Looks for the depth at which the file lies. Above it there are folders; below it the kernel
     * answers ENOTDIR, because of the file. Every other answer ends the search.
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
                    return file(name, pathInfo(path, at));
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

    /**
     * PATH_INFO. Decoding encoded slashes must not create dot segments, which are removed before.
     *
     * @throws HttpException 400 for an encoded slash that is not allowed
     */
    private String pathInfo(ScriptPath path, int depth) {
        if (!path.hasEncodedSlash()) {
            return path.after(depth);
        }
        String address = "/" + path.upTo(depth);
        String info =
                switch (routes.of(address, path.afterUntilEncoded(depth)).encodedSlash()) {
                    case REJECT -> throw RequestPath.encodedSlash();
                    case DECODE -> withoutDotSegments(path.after(depth));
                    case KEEP -> path.afterWithTriples(depth);
                };
        if (routes.of(address, info).encodedSlash() == EncodedSlash.REJECT) {
            throw RequestPath.encodedSlash();
        }
        return info;
    }

    private static String withoutDotSegments(String info) {
        for (String segment : info.split("/", -1)) {
            if (segment.equals(".") || segment.equals("..")) {
                throw new HttpException(
                        400, "RFC 3986 §5.2.4", "a dot segment beside an encoded slash");
            }
        }
        return info;
    }

    /** A folder whose address is complete and that has no {@code index} without an ending. */
    private Resolution index(ScriptPath path) {
        List<String> endings = new ArrayList<>();
        interpreters.all().forEach(interpreter -> endings.add(interpreter.ending()));
        endings.add(CGI);
        for (String ending : endings) {
            String name = path.child("index." + ending);
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
        Interpreter interpreter = interpreters.of(name);
        boolean cgiOnly = interpreter != null && interpreter.cgiOnly();
        String address = "/" + name;
        ScriptRoute route = routes.of(address, pathInfo);
        String path = route.path();
        List<byte[]> runBy = List.of();
        if (!isExecuted(name, interpreter)) {
            runBy = runBy(name, interpreter, path);
            if (runBy.isEmpty()) {
                return interpreter == null
                        ? notExecutable(name)
                        : noInterpreter(name, interpreter, path);
            }
        }
        Mode mode = cgiOnly ? Mode.CGI : route.mode(modeByPlace(address));
        Supplier<List<byte[]>> runByInstead = () -> runByInstead(name, interpreter, path);
        FileVersion version = null;
        if (mode == Mode.AUTO) {
            version = folder.version();
            mode = Script.isRaw(address) ? Mode.DIRECT : dialects.getOrDefault(version, Mode.AUTO);
        }
        return new Script(root, address, pathInfo, mode, runBy, runByInstead, route, version);
    }

    /** The outermost folder decides. */
    private Mode modeByPlace(String address) {
        int cgi = address.indexOf("/cgi-bin/");
        int sockets = address.indexOf("/ws/");
        if (sockets >= 0 && (cgi < 0 || sockets < cgi)) {
            return Mode.WEBSOCKET;
        }
        return cgiEverywhere || cgi >= 0 || isNamedCgi(address) ? Mode.CGI : Mode.AUTO;
    }

    private static boolean isNamedCgi(String name) {
        return name.endsWith("." + CGI);
    }

    /** Whether the file that was just found is to be executed itself. */
    private boolean isExecuted(String name, @Nullable Interpreter interpreter) {
        byte[] bytes = name.getBytes(ISO_8859_1);
        if (!folder.isExecutable(bytes)) {
            return false;
        }
        if (interpreter == null) {
            return true;
        }
        if (interpreter.cgiOnly()) {
            FirstLine first = firstLine(bytes);
            return first != null && first.kind() == FirstLine.Kind.SCRIPT;
        }
        // An unknown file is tried.
        FirstLine known = firstLines.isEmpty() ? null : firstLines.get(folder.version());
        return known == null || !known.isForAnInterpreter();
    }

    /** The program that runs a file that is not executable; empty when there is none. */
    private List<byte[]> runBy(
            String name, @Nullable Interpreter interpreter, @Nullable String path) {
        boolean cgiOnly = interpreter != null && interpreter.cgiOnly();
        if (!cgiOnly && (interpreter != null || isNamedCgi(name))) {
            List<byte[]> named = runByFirstLine(firstLine(name.getBytes(ISO_8859_1)), path);
            if (!named.isEmpty()) {
                return named;
            }
        }
        return ofEnding(interpreter, path);
    }

    private List<byte[]> runByFirstLine(@Nullable FirstLine first, @Nullable String path) {
        String program = first == null ? null : first.program();
        if (first == null || program == null || !program.startsWith("/")) {
            return List.of();
        }
        byte[] found = interpreters.find(program, Interpreters.path(path));
        String argument = first.argument();
        if (found == null) {
            return List.of();
        }
        return argument == null ? List.of(found) : List.of(found, argument.getBytes(ISO_8859_1));
    }

    private List<byte[]> ofEnding(@Nullable Interpreter interpreter, @Nullable String path) {
        byte[] program = interpreter == null ? null : interpreters.program(interpreter, path);
        return program == null ? List.of() : List.of(program);
    }

    /** The program that runs an executable file that the kernel has refused; caches the refusal. */
    private List<byte[]> runByInstead(
            String name, @Nullable Interpreter interpreter, @Nullable String path) {
        if (interpreter == null || look(name) != Found.FILE) {
            return List.of();
        }
        FirstLine first = firstLine(name.getBytes(ISO_8859_1));
        return first == null || !first.isForAnInterpreter()
                ? List.of()
                : ofEnding(interpreter, path);
    }

    /** The first line of the file that the last look found; null when it cannot be read. */
    private @Nullable FirstLine firstLine(byte[] name) {
        FileVersion version = folder.version();
        FirstLine first = firstLines.get(version);
        if (first == null) {
            byte[] bytes = folder.firstBytes(name, FirstLine.BYTES);
            first = bytes == null ? null : FirstLine.of(bytes);
            if (first != null) {
                firstLines.put(version, first);
            }
        }
        return first;
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
        FirstLine first = firstLine(name.getBytes(ISO_8859_1));
        String next;
        if (isNamedCgi(name)) {
            next =
                    ", and has no first line (#!) that names a program which is there; begin it"
                            + " with one like #!/bin/sh, or if it is a program, chmod +x it";
        } else if (first == null || first.isOfAProgram()) {
            next = ", and its ending names no interpreter; to run it: chmod +x '" + file + "'";
        } else {
            next =
                    ", and its ending names no interpreter; it looks like data: files are sent"
                            + " from a folder named static, move it to one";
        }
        return new Refusal(403, LogLevel.WARN, file + " is not executable" + next);
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
