package caffeine.server.options;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * All settings of a server. Immutable; derive a changed copy with the {@code with} methods.
 *
 * <pre>{@code
 * ServerOptions.onPort(8080)
 *         .withLimits(ServerLimits.DEFAULT.withContentBytes(300 << 20))
 *         .withDeadlines(Deadlines.DEFAULT.withIdle(Duration.ofMinutes(1)))
 * }</pre>
 *
 * @param network where to listen
 * @param limits sizes and counts
 * @param deadlines times
 * @param app the application
 * @param scripts settings of the script handler; {@link ScriptOptions#NONE} where another app
 *     answers
 * @param log log settings
 * @param errorPages pages for errors
 * @param handlerClass a class of the program that answers; {@code ""}: the application does
 * @param webSocket WebSocket settings of the application
 * @param files settings of files that are sent
 * @param compress whether output of scripts and functions may be compressed
 */
public record ServerOptions(
        NetworkOptions network,
        ServerLimits limits,
        Deadlines deadlines,
        App app,
        ScriptOptions scripts,
        LogOptions log,
        ErrorPages errorPages,
        String handlerClass,
        WebSocketOptions webSocket,
        FileOptions files,
        boolean compress) {

    /** Checks it. */
    public ServerOptions {
        Objects.requireNonNull(network);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(deadlines);
        Objects.requireNonNull(app);
        Objects.requireNonNull(scripts);
        Objects.requireNonNull(log);
        Objects.requireNonNull(errorPages);
        Objects.requireNonNull(handlerClass);
        Objects.requireNonNull(webSocket);
        Objects.requireNonNull(files);
    }

    /** Options that log to standard error alone, without pages for errors. */
    public ServerOptions(
            NetworkOptions network,
            ServerLimits limits,
            Deadlines deadlines,
            App app,
            ScriptOptions scripts,
            LogLevel logLevel) {
        this(
                network,
                limits,
                deadlines,
                app,
                scripts,
                LogOptions.of(logLevel),
                ErrorPages.NONE,
                "",
                WebSocketOptions.DEFAULT,
                FileOptions.DEFAULT,
                false);
    }

    /**
     * The usual limits and times for a server of this machine alone (127.0.0.1), without scripts,
     * and with warnings in the log.
     *
     * @param port 0 lets the kernel pick one
     */
    public static ServerOptions onPort(int port) {
        return new ServerOptions(
                NetworkOptions.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port)),
                ServerLimits.DEFAULT,
                Deadlines.DEFAULT,
                App.HELLO,
                ScriptOptions.NONE,
                LogLevel.WARN);
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

    /** The first address to listen on. */
    public SocketAddress bind() {
        return network.bind();
    }

    /** The addresses to listen on. */
    public List<SocketAddress> addresses() {
        return network.addresses();
    }

    /**
     * How many clients of one network address may be connected, 0 for any number; those of a
     * Unix-domain socket have no address and are not counted.
     */
    public int connectionsPerAddress() {
        return network.hasInet() ? limits.connectionsPerAddress() : 0;
    }

    /** These options with one other listening address. */
    public ServerOptions withBind(SocketAddress newBind) {
        return withNetwork(network.withBind(newBind));
    }

    /**
     * These options with other listening addresses, such as all of IPv4 and one of IPv6; see {@link
     * NetworkOptions#addresses}.
     */
    public ServerOptions withAddresses(List<? extends SocketAddress> newAddresses) {
        return withNetwork(network.withAddresses(newAddresses));
    }

    /** These options with another network. */
    public ServerOptions withNetwork(NetworkOptions newNetwork) {
        return new ServerOptions(
                newNetwork,
                limits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with other limits. */
    public ServerOptions withLimits(ServerLimits newLimits) {
        return new ServerOptions(
                network,
                newLimits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with other times. */
    public ServerOptions withDeadlines(Deadlines newDeadlines) {
        return new ServerOptions(
                network,
                limits,
                newDeadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with another application. */
    public ServerOptions withApp(App newApp) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                newApp,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with other scripts. */
    public ServerOptions withScripts(ScriptOptions newScripts) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                newScripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with other logs. */
    public ServerOptions withLog(LogOptions newLog) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                newLog,
                errorPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with pages for errors. */
    public ServerOptions withErrorPages(ErrorPages newPages) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                log,
                newPages,
                handlerClass,
                webSocket,
                files,
                compress);
    }

    /** These options with a class of the program that answers. */
    public ServerOptions withHandlerClass(Class<?> newHandler) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                newHandler.getName(),
                webSocket,
                files,
                compress);
    }

    /** These options with other settings of WebSocket. */
    public ServerOptions withWebSocket(WebSocketOptions newWebSocket) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                newWebSocket,
                files,
                compress);
    }

    /** These options with other settings of files. */
    public ServerOptions withFiles(FileOptions newFiles) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                newFiles,
                compress);
    }

    /**
     * These options with compression of the output of scripts and functions, or without: gzip, for
     * clients that accept it.
     */
    public ServerOptions withCompress(boolean newCompress) {
        return new ServerOptions(
                network,
                limits,
                deadlines,
                app,
                scripts,
                log,
                errorPages,
                handlerClass,
                webSocket,
                files,
                newCompress);
    }

    /** The least severe log line that is written. */
    public LogLevel logLevel() {
        return log.level();
    }
}
