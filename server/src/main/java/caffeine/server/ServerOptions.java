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
 * @param logLevel the least severe log line that is written
 */
public record ServerOptions(
        InetSocketAddress bind,
        ServerLimits limits,
        Deadlines deadlines,
        App app,
        ScriptOptions scripts,
        LogLevel logLevel) {

    public ServerOptions {
        Objects.requireNonNull(bind);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(deadlines);
        Objects.requireNonNull(app);
        Objects.requireNonNull(scripts);
        Objects.requireNonNull(logLevel);
    }

    /** These options with another listening address. */
    public ServerOptions withBind(InetSocketAddress newBind) {
        return new ServerOptions(newBind, limits, deadlines, app, scripts, logLevel);
    }

    /** These options with other limits. */
    public ServerOptions withLimits(ServerLimits newLimits) {
        return new ServerOptions(bind, newLimits, deadlines, app, scripts, logLevel);
    }

    /** These options with other times. */
    public ServerOptions withDeadlines(Deadlines newDeadlines) {
        return new ServerOptions(bind, limits, newDeadlines, app, scripts, logLevel);
    }

    /** These options with something else that answers. */
    public ServerOptions withApp(App newApp) {
        return new ServerOptions(bind, limits, deadlines, newApp, scripts, logLevel);
    }

    /** These options with other scripts. */
    public ServerOptions withScripts(ScriptOptions newScripts) {
        return new ServerOptions(bind, limits, deadlines, app, newScripts, logLevel);
    }
}
