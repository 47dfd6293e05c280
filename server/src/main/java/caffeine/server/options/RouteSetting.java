package caffeine.server.options;

import java.util.List;
import java.util.Locale;

/**
 * What can be set for the scripts below a path. A constant here is all that a configuration file
 * needs to have its key, {@code --check} to show it, and a worker to be told; what it does is up to
 * who asks {@link RouteOptions} for it.
 */
public enum RouteSetting {
    /**
     * What scripts write: a CGI/1.1 response, a whole HTTP response, or text alone. {@code auto} is
     * CGI below a {@code cgi-bin}; elsewhere a script's first answer tells.
     */
    MODE(Type.WORD, 0, 0, "auto", "cgi", "direct", "text"),
    /** In nanoseconds; see {@link Deadlines#handlerNs}. */
    HANDLER_TIMEOUT(Type.TIME, 0, Long.MAX_VALUE),
    /** In nanoseconds: without output, after a script's exit, of what still holds its output. */
    OUTPUT_QUIET(Type.TIME, 0, Long.MAX_VALUE),
    /** Whether an exit other than 0 cuts a response that does not say its length. */
    EXIT_STATUS(Type.WORD, 0, 0, "log", "strict"),
    /** Scripts of the route that run at one time; all of them count for the server's limit too. */
    MAX_HANDLERS(Type.COUNT, 1, 1_000_000),
    /** Requests that wait for a script of the route to end; one more is answered 503. */
    MAX_QUEUE(Type.COUNT, 0, 1_000_000),
    /** Variables of the server's environment, as {@code NAME=value}, in place of the server's. */
    PASS_ENV(Type.VARIABLES, 0, 0),
    /** Variables as {@code NAME=value}, beside all others and in place of those of their names. */
    ENV(Type.ASSIGNMENTS, 0, 0),
    /** Whether scripts see the client's credentials. */
    PASS_AUTHORIZATION(Type.FLAG, 0, 0),
    /** The methods that scripts are asked with; others are answered 405. GET has HEAD with it. */
    METHODS(Type.TOKENS, 0, 0),
    /** Whether links may lead out of the folder that are root's or the server's user's. */
    FOLLOW_LINKS(Type.FLAG, 0, 0),
    /** What becomes of {@code %2F} in PATH_INFO: 400, a slash, or the triple as it is. */
    ENCODED_SLASH(Type.WORD, 0, 0, "reject", "decode", "keep"),
    /** Processor time of each process of a script, in nanoseconds; in whole seconds; 0: any. */
    CPU_TIME(Type.TIME, 0, Long.MAX_VALUE),
    /** Address space of each process of a script. */
    MEMORY(Type.SIZE, 1 << 20, Long.MAX_VALUE),
    /** Processes and threads of the script's user in all; root's are not counted. */
    PROCESSES(Type.COUNT, 1, 1_000_000),
    /** Open files of each process of a script, the three standard ones among them. */
    OPEN_FILES(Type.COUNT, 4, 1_000_000),
    /** Of a file that a script writes. */
    FILE_SIZE(Type.SIZE, 0, Long.MAX_VALUE),
    /** How much a script's processes yield to others. */
    NICE(Type.COUNT, 0, 19),
    /** As whom scripts run, with that user's groups; the server must be root for it. */
    USER(Type.TEXT, 0, 0);

    /** What a setting takes, and as what it is kept. */
    public enum Type {
        /** A {@link Boolean}. */
        FLAG(Boolean.class),
        /** A {@link Long}. */
        COUNT(Long.class),
        /** Bytes, a {@link Long}. */
        SIZE(Long.class),
        /** Nanoseconds, a {@link Long}. */
        TIME(Long.class),
        /** One of several words, a {@link String}. */
        WORD(String.class),
        /** Any text, a {@link String}. */
        TEXT(String.class),
        /** A list of {@link String}s that are tokens (RFC 9110 §5.6.2), not empty. */
        TOKENS(List.class),
        /** Names where the operator writes them, {@code NAME=value} here: a list. */
        VARIABLES(List.class),
        /**
         * A table of variables where the operator writes it, {@code NAME=value} here: a list. A
         * route adds its own to those of the wider ones.
         */
        ASSIGNMENTS(List.class);

        final Class<?> kept;

        Type(Class<?> kept) {
            this.kept = kept;
        }

        /** Whether there may be several. */
        public boolean isList() {
            return kept == List.class;
        }
    }

    /** What it takes. */
    public final Type type;

    /** The bounds of a number. */
    public final long least;

    /** See {@link #least}. */
    public final long most;

    /** What a word may be; empty for other types. */
    @SuppressWarnings("ImmutableEnumChecker") // List.of
    public final List<String> words;

    RouteSetting(Type type, long least, long most, String... words) {
        this.type = type;
        this.least = least;
        this.most = most;
        this.words = List.of(words);
    }

    /** Whether it is something that a script's process does to itself before its program begins. */
    public boolean isRight() {
        return compareTo(CPU_TIME) >= 0;
    }

    /** What a configuration file calls it: {@code handler-timeout}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
