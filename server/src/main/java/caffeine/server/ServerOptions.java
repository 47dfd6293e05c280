package caffeine.server;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * Everything a server is told before it starts. Immutable; derive a changed copy with the {@code
 * with} methods.
 *
 * @param bind the address to listen on; port 0 lets the kernel pick one
 * @param limits sizes and counts
 * @param deadlines times
 * @param app what answers
 * @param scripts what the script handler serves, and how; {@link ScriptOptions#NONE} where another
 *     app answers
 * @param log what is logged, and where
 * @param errorPages what clients read of errors
 */
public record ServerOptions(
        InetSocketAddress bind,
        ServerLimits limits,
        Deadlines deadlines,
        App app,
        ScriptOptions scripts,
        LogOptions log,
        ErrorPages errorPages) {

    public ServerOptions {
        Objects.requireNonNull(bind);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(deadlines);
        Objects.requireNonNull(app);
        Objects.requireNonNull(scripts);
        Objects.requireNonNull(log);
        Objects.requireNonNull(errorPages);
    }

    /** Options that log to standard error alone, without pages for errors. */
    public ServerOptions(
            InetSocketAddress bind,
            ServerLimits limits,
            Deadlines deadlines,
            App app,
            ScriptOptions scripts,
            LogLevel logLevel) {
        this(bind, limits, deadlines, app, scripts, LogOptions.of(logLevel), ErrorPages.NONE);
    }

    /** The longest time that a script may have, whatever its route; 0: no limit. */
    public long longestHandlerNs() {
        long longest = deadlines.handlerNs();
        for (RouteOptions route : scripts.routes()) {
            long ns = route.number(RouteSetting.HANDLER_TIMEOUT, longest);
            longest = longest == 0 || ns == 0 ? 0 : Math.max(longest, ns);
        }
        return longest;
    }

    /** These options with another listening address. */
    public ServerOptions withBind(InetSocketAddress newBind) {
        return new ServerOptions(newBind, limits, deadlines, app, scripts, log, errorPages);
    }

    /** These options with other limits. */
    public ServerOptions withLimits(ServerLimits newLimits) {
        return new ServerOptions(bind, newLimits, deadlines, app, scripts, log, errorPages);
    }

    /** These options with other times. */
    public ServerOptions withDeadlines(Deadlines newDeadlines) {
        return new ServerOptions(bind, limits, newDeadlines, app, scripts, log, errorPages);
    }

    /** These options with something else that answers. */
    public ServerOptions withApp(App newApp) {
        return new ServerOptions(bind, limits, deadlines, newApp, scripts, log, errorPages);
    }

    /** These options with other scripts. */
    public ServerOptions withScripts(ScriptOptions newScripts) {
        return new ServerOptions(bind, limits, deadlines, app, newScripts, log, errorPages);
    }

    /** These options with other logs. */
    public ServerOptions withLog(LogOptions newLog) {
        return new ServerOptions(bind, limits, deadlines, app, scripts, newLog, errorPages);
    }

    /** These options with pages for errors. */
    public ServerOptions withErrorPages(ErrorPages newPages) {
        return new ServerOptions(bind, limits, deadlines, app, scripts, log, newPages);
    }

    /** The least severe log line that is written. */
    public LogLevel logLevel() {
        return log.level();
    }
}
