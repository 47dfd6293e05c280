package caffeine.server.options;

import java.util.List;
import java.util.Locale;

/**
 * The settings for the scripts below a path. A constant here gives the configuration file its key,
 * {@code --check} its line, and workers its value; code that reads it from {@link RouteOptions}
 * gives it an effect.
 */
public enum RouteSetting {
    /**
     * The output of scripts: a CGI/1.1 response, a whole HTTP response, text, or WebSocket
     * messages. {@code auto} is CGI below a {@code cgi-bin} and WebSocket below a {@code ws};
     * elsewhere the first output of a script decides. {@code files} is no mode of scripts: the
     * files of the route are sent, as those below a {@code static} are.
     */
    MODE(Type.WORD, 0, 0, "auto", "cgi", "direct", "text", "websocket", "files"),
    /** In nanoseconds; see {@link Deadlines#handlerNs}. */
    HANDLER_TIMEOUT(Type.TIME, 0, Long.MAX_VALUE),
    /**
     * In nanoseconds: the quiet period after a script's exit, while other processes hold its
     * output.
     */
    OUTPUT_QUIET(Type.TIME, 0, Long.MAX_VALUE),
    /** Whether an exit status other than 0 cuts a response without a declared length. */
    EXIT_STATUS(Type.WORD, 0, 0, "log", "strict"),
    /** Scripts of the route that run at one time; all of them count for the server's limit too. */
    MAX_HANDLERS(Type.COUNT, 1, 1_000_000),
    /** Requests that wait for a script of the route to end; one more is answered 503. */
    MAX_QUEUE(Type.COUNT, 0, 1_000_000),
    /** Variables of the server's environment, as {@code NAME=value}, in place of the server's. */
    PASS_ENV(Type.VARIABLES, 0, 0),
    /** Variables as {@code NAME=value}; they replace others of the same names. */
    ENV(Type.ASSIGNMENTS, 0, 0),
    /** Whether scripts see the client's credentials. */
    PASS_AUTHORIZATION(Type.FLAG, 0, 0),
    /** The allowed methods; others are answered 405. GET includes HEAD. */
    METHODS(Type.TOKENS, 0, 0),
    /** Whether to follow links out of the folder that root or the server's user owns. */
    FOLLOW_LINKS(Type.FLAG, 0, 0),
    /** How to treat {@code %2F} in PATH_INFO: 400, a slash, or unchanged. */
    ENCODED_SLASH(Type.WORD, 0, 0, "reject", "decode", "keep"),
    /** Whether the messages of WebSocket scripts are binary, and not lines of text. */
    WS_BINARY(Type.FLAG, 0, 0),
    /** The value of Cache-Control for files that are sent. */
    CACHE_CONTROL(Type.TEXT, 0, 0),
    /** Processor time of each process of a script, in nanoseconds; in whole seconds; 0: any. */
    CPU_TIME(Type.TIME, 0, Long.MAX_VALUE),
    /** Address space of each process of a script. */
    MEMORY(Type.SIZE, 1 << 20, Long.MAX_VALUE),
    /** Processes and threads of the script's user in all; root's are not counted. */
    PROCESSES(Type.COUNT, 1, 1_000_000),
    /** Open files of each process of a script, the three standard ones among them. */
    OPEN_FILES(Type.COUNT, 4, 1_000_000),
    /** Size of a file that a script writes. */
    FILE_SIZE(Type.SIZE, 0, Long.MAX_VALUE),
    /** Niceness of a script's processes. */
    NICE(Type.COUNT, 0, 19),
    /** The user that runs scripts, with that user's groups; needs a server that runs as root. */
    USER(Type.TEXT, 0, 0);

    /** The type of a setting, and the class of its value. */
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
        /** Names in the configuration, {@code NAME=value} here: a list. */
        VARIABLES(List.class),
        /**
         * A table of variables in the configuration, {@code NAME=value} here: a list. A route adds
         * its own to those of the wider ones.
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

    /** The type. */
    public final Type type;

    /** The bounds of a number. */
    public final long least;

    /** See {@link #least}. */
    public final long most;

    /** The valid words; empty for other types. */
    @SuppressWarnings("ImmutableEnumChecker") // List.of
    public final List<String> words;

    RouteSetting(Type type, long least, long most, String... words) {
        this.type = type;
        this.least = least;
        this.most = most;
        this.words = List.of(words);
    }

    /** Whether the script's process applies it before its program starts. */
    public boolean isRight() {
        return compareTo(CPU_TIME) >= 0;
    }

    /** The key in a configuration file: {@code handler-timeout}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
