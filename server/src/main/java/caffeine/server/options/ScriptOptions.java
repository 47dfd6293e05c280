package caffeine.server.options;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Settings of the script handler.
 *
 * <pre>{@code
 * ScriptOptions.of(Path.of("/srv/site")).withCgiEverywhere(true)
 * }</pre>
 *
 * @param root the folder whose files become web addresses; absolute
 * @param cgiEverywhere whether every script speaks CGI/1.1, not only those below a {@code cgi-bin}
 * @param environment the variables that every script gets beside its meta-variables: {@code PATH},
 *     variables that are passed on, and variables that are set
 * @param passAuthorization whether scripts see {@code Authorization} and {@code
 *     Proxy-Authorization}
 * @param interpreters by file-name ending without the dot, in order of preference for a folder's
 *     index
 * @param routes settings for paths; no two with the same prefix
 */
public record ScriptOptions(
        Path root,
        boolean cgiEverywhere,
        Map<String, String> environment,
        boolean passAuthorization,
        List<Interpreter> interpreters,
        List<RouteOptions> routes) {

    /**
     * How long the output of a script may be silent when the script has ended and other processes
     * hold it open, unless a {@linkplain RouteSetting#OUTPUT_QUIET route} says otherwise.
     */
    public static final long OUTPUT_QUIET_NS = 2_000_000_000L;

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when the root is not absolute
     */
    public ScriptOptions {
        if (!root.isAbsolute()) {
            throw new IllegalArgumentException(root + " is not absolute");
        }
        environment = Map.copyOf(environment);
        interpreters = List.copyOf(interpreters);
        routes = List.copyOf(routes);
    }

    /** The same for all paths. */
    public ScriptOptions(
            Path root,
            boolean cgiEverywhere,
            Map<String, String> environment,
            boolean passAuthorization,
            List<Interpreter> interpreters) {
        this(root, cgiEverywhere, environment, passAuthorization, interpreters, List.of());
    }

    /**
     * The usual settings for a folder: the usual interpreters, and {@code PATH} of this process.
     *
     * @param root made absolute
     */
    public static ScriptOptions of(Path root) {
        String path = System.getenv("PATH");
        return new ScriptOptions(
                root.toAbsolutePath().normalize(),
                false,
                path == null ? Map.of() : Map.of("PATH", path),
                false,
                DEFAULT_INTERPRETERS);
    }

    /** These options, where every script speaks CGI/1.1 or not. */
    public ScriptOptions withCgiEverywhere(boolean cgi) {
        return new ScriptOptions(root, cgi, environment, passAuthorization, interpreters, routes);
    }

    /** These options with other variables for every script. */
    public ScriptOptions withEnvironment(Map<String, String> variables) {
        return new ScriptOptions(
                root, cgiEverywhere, variables, passAuthorization, interpreters, routes);
    }

    /** These options, where scripts see credentials or not. */
    public ScriptOptions withPassAuthorization(boolean pass) {
        return new ScriptOptions(root, cgiEverywhere, environment, pass, interpreters, routes);
    }

    /** These options with other interpreters. */
    public ScriptOptions withInterpreters(List<Interpreter> others) {
        return new ScriptOptions(
                root, cgiEverywhere, environment, passAuthorization, others, routes);
    }

    /** These options with routes. */
    public ScriptOptions withRoutes(List<RouteOptions> newRoutes) {
        return new ScriptOptions(
                root, cgiEverywhere, environment, passAuthorization, interpreters, newRoutes);
    }

    /**
     * Whether no address has a file or folder of this name: it begins with a dot. {@code
     * /.well-known/} is for well-known resources (RFC 8615).
     *
     * @param depth how many folders it lies below the served one
     */
    public static boolean isHidden(String name, int depth) {
        return name.startsWith(".") && !(depth == 0 && name.equals(".well-known"));
    }

    /**
     * Runs scripts of one ending that are not executable themselves.
     *
     * @param ending without the dot: {@code py}
     * @param command a program's name, looked up in {@code PATH}, or its absolute path
     * @param cgiOnly whether the program writes CGI/1.1 responses wherever the script lies
     */
    public record Interpreter(String ending, String command, boolean cgiOnly) {}

    /** The usual interpreters: Python, Node.js, shell, Perl, Ruby, PHP and Lua. */
    public static final List<Interpreter> DEFAULT_INTERPRETERS =
            List.of(
                    new Interpreter("py", "python3", false),
                    new Interpreter("js", "node", false),
                    new Interpreter("sh", "sh", false),
                    new Interpreter("pl", "perl", false),
                    new Interpreter("rb", "ruby", false),
                    new Interpreter("php", "php-cgi", true),
                    new Interpreter("lua", "lua", false));

    /** For a server without scripts: its root is not a folder, so nothing is ever served. */
    public static final ScriptOptions NONE =
            new ScriptOptions(Path.of("/dev/null"), false, Map.of(), false, List.of());
}
