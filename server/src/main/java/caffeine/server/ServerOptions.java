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
 */
public record ServerOptions(
        InetSocketAddress bind,
        ServerLimits limits,
        Deadlines deadlines,
        App app,
        ScriptOptions scripts,
        LogOptions log) {

    public ServerOptions {
        Objects.requireNonNull(bind);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(deadlines);
        Objects.requireNonNull(app);
        Objects.requireNonNull(scripts);
        Objects.requireNonNull(log);
    }

    /** Options that log to standard error alone. */
    public ServerOptions(
            InetSocketAddress bind,
            ServerLimits limits,
            Deadlines deadlines,
            App app,
            ScriptOptions scripts,
            LogLevel logLevel) {
        this(bind, limits, deadlines, app, scripts, LogOptions.of(logLevel));
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
        return new ServerOptions(newBind, limits, deadlines, app, scripts, log);
    }

    /** These options with other limits. */
    public ServerOptions withLimits(ServerLimits newLimits) {
        return new ServerOptions(bind, newLimits, deadlines, app, scripts, log);
    }

    /** These options with other times. */
    public ServerOptions withDeadlines(Deadlines newDeadlines) {
        return new ServerOptions(bind, limits, newDeadlines, app, scripts, log);
    }

    /** These options with something else that answers. */
    public ServerOptions withApp(App newApp) {
        return new ServerOptions(bind, limits, deadlines, newApp, scripts, log);
    }

    /** These options with other scripts. */
    public ServerOptions withScripts(ScriptOptions newScripts) {
        return new ServerOptions(bind, limits, deadlines, app, newScripts, log);
    }

    /** These options with other logs. */
    public ServerOptions withLog(LogOptions newLog) {
        return new ServerOptions(bind, limits, deadlines, app, scripts, newLog);
    }

    /** The least severe log line that is written. */
    public LogLevel logLevel() {
        return log.level();
    }
}
