package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.http.RequestPath;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.engine.Preload;
import caffeine.server.options.FileOptions;
import caffeine.server.options.WebSocketOptions;

import org.jspecify.annotations.Nullable;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Answers requests by their method and path:
 *
 * <pre>{@code
 * Router router = Router.create()
 *         .get("/notes", request -> Response.json(list(request.query("q").orElse(""))))
 *         .post("/notes", request -> Response.json(save(request.text())).withStatus(201))
 *         .get("/notes/{id}", request -> Response.json(note(request.pathInt("id"))))
 *         .files("/static", Path.of("site"))
 *         .onError(NoSuchNote.class, (request, e) -> Response.problem(404, e.getMessage()));
 * Server.startWith(ServerOptions.onPort(8080), router);
 * }</pre>
 *
 * <p>A pattern is a path. {@code {id}} stands for one segment that is not empty; {@code {path...}},
 * as the last one, for the rest, with slashes. Segments are compared decoded. The order of routes
 * does not matter: at each segment a literal one wins over a parameter, and this over a rest.
 * {@code /notes} and {@code /notes/} are two paths.
 *
 * <p>A GET route answers HEAD too. OPTIONS is answered with the methods of the path, a path without
 * a route with 404, another method with 405 and the field Allow (RFC 9110 §15.5.6).
 *
 * <p>Each call of a function has a virtual thread of its own, so it may block. Functions of a
 * router from {@link #nonBlocking} run on the thread of the connection instead, which is faster and
 * must not block.
 *
 * <p>Routes are added before the first request. After that a router is immutable and thread-safe,
 * and may serve any number of servers.
 */
public final class Router implements Handler, AutoCloseable {

    private static final int PERMANENT_REDIRECT = 308;

    /** Answers a request whose path has parameters. */
    @FunctionalInterface
    interface Target {
        ExchangeListener begin(Exchange exchange, Map<String, String> path);

        /** Whether it asks itself for the content of a client that waits for 100 (Continue). */
        default boolean holdsBack() {
            return false;
        }
    }

    /**
     * What surrounds the routes of one router.
     *
     * @param errors by the class of the exception
     * @param statuses by the status of a refusal
     */
    private record Scope(
            List<Filter> filters,
            Map<Class<?>, ErrorFunction<Throwable>> errors,
            Map<Integer, ErrorFunction<HttpException>> statuses) {

        Scope() {
            this(new ArrayList<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        }
    }

    /**
     * A route.
     *
     * @param function answers; null: the target does
     * @param scopes of its routers, the outermost first
     */
    private record Route(
            @Nullable RequestFunction function,
            @Nullable Target target,
            boolean mayBlock,
            List<Scope> scopes) {

        boolean hasFilters() {
            return scopes.stream().anyMatch(scope -> !scope.filters.isEmpty());
        }

        /** The answer of the innermost router that has one for an exception; null: none has. */
        @Nullable Response answerTo(Request request, Throwable e) throws Exception {
            Response answer = null;
            for (int i = scopes.size() - 1; i >= 0 && answer == null; i--) {
                answer = mend(scopes.get(i), request, e);
            }
            return answer;
        }
    }

    private final boolean mayBlock;
    private final Scope own = new Scope();
    private final RouteTree<Route> tree = new RouteTree<>();
    private final List<Files> opened = new ArrayList<>();
    private volatile boolean inUse;

    private Router(boolean mayBlock) {
        this.mayBlock = mayBlock;
        Preload.virtualThreads();
    }

    /** A router without routes, whose functions may block. */
    public static Router create() {
        return new Router(true);
    }

    /** A router without routes, whose functions must not block. */
    public static Router nonBlocking() {
        return new Router(false);
    }

    // ---- functions

    /** Answers GET, and HEAD. */
    public Router get(String pattern, RequestFunction function) {
        return route("GET", pattern, function);
    }

    /** Answers POST. */
    public Router post(String pattern, RequestFunction function) {
        return route("POST", pattern, function);
    }

    /** Answers PUT. */
    public Router put(String pattern, RequestFunction function) {
        return route("PUT", pattern, function);
    }

    /** Answers PATCH (RFC 5789). */
    public Router patch(String pattern, RequestFunction function) {
        return route("PATCH", pattern, function);
    }

    /** Answers DELETE. */
    public Router delete(String pattern, RequestFunction function) {
        return route("DELETE", pattern, function);
    }

    /**
     * Answers a method.
     *
     * @param method in its letter case; {@code *} for all that have no route of their own
     * @throws IllegalArgumentException when the pattern is none, or another route has the same
     *     method and paths; the message names both
     */
    public Router route(String method, String pattern, RequestFunction function) {
        Objects.requireNonNull(function);
        return add(method, pattern, function, null);
    }

    // ---- everything else

    /**
     * Answers with a handler of any kind.
     *
     * @param method as in {@link #route}
     */
    public Router handle(String method, String pattern, Handler handler) {
        Objects.requireNonNull(handler);
        return add(method, pattern, null, (exchange, _) -> handler.begin(exchange));
    }

    /**
     * Answers with streams, on a virtual thread: for content too large to be kept.
     *
     * <pre>{@code
     * router.streaming("PUT", "/files/{name}", exchange -> {
     *     exchange.saveTo(uploads.resolve(exchange.path("name")));
     *     exchange.respond(Response.of(204));
     * });
     * }</pre>
     */
    public Router streaming(String method, String pattern, StreamingFunction function) {
        return add(method, pattern, null, new StreamingHandler(function));
    }

    /**
     * Answers GET with events (WHATWG HTML §9.2), on a virtual thread; the stream ends when the
     * function returns.
     *
     * <pre>{@code
     * router.events("/clock", events -> {
     *     while (events.isOpen()) {
     *         events.send(LocalTime.now().toString());
     *         Thread.sleep(1000);
     *     }
     * });
     * }</pre>
     */
    public Router events(String pattern, EventFunction function) {
        return add("GET", pattern, null, new EventHandler(function)::begin);
    }

    /** Answers opening handshakes of WebSocket, with the usual options. */
    public Router webSocket(String pattern, WebSocketHandler handler) {
        return webSocket(pattern, handler, WebSocketOptions.DEFAULT);
    }

    /** Answers opening handshakes of WebSocket; other requests get 405 or 426. */
    public Router webSocket(String pattern, WebSocketHandler handler, WebSocketOptions options) {
        Objects.requireNonNull(handler);
        return add(
                RouteTree.ANY, pattern, null, new WebSocketUpgrade(() -> handler, options)::begin);
    }

    /**
     * Answers with the files of a folder, at all addresses below a prefix.
     *
     * @param prefix {@code /static}, or {@code /}
     * @throws UncheckedIOException when there is no such folder
     */
    public Router files(String prefix, Path folder) {
        return files(prefix, folder, FileOptions.DEFAULT);
    }

    /**
     * The same with other options; their folder does not count.
     *
     * @throws UncheckedIOException when there is no such folder
     */
    public Router files(String prefix, Path folder, FileOptions options) {
        String below = withoutSlash(prefix);
        Files files;
        try {
            files = Files.of(folder, options);
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
        add(RouteTree.ANY, below + "/{path...}", null, (x, path) -> files.begin(x, count(path)));
        opened.add(files);
        if (!below.isEmpty()) {
            route("GET", below, Router::withSlash);
        }
        return this;
    }

    private static int count(Map<String, String> path) {
        return path.getOrDefault("path", "").split("/", -1).length;
    }

    /** The path as it was understood: as it was sent, it might name another host. */
    private static Response withSlash(Request request) {
        String folder = "/" + String.join("/", request.segments()) + "/";
        byte[] octets = folder.getBytes(StandardCharsets.UTF_8);
        String path = RequestPath.encoded(new String(octets, StandardCharsets.ISO_8859_1));
        String query = request.query();
        return Response.of(PERMANENT_REDIRECT)
                .with("Location", query == null ? path : path + "?" + query);
    }

    /**
     * Adds all routes of another router below a prefix, within the filters and error functions of
     * this one. The other one gets no more routes after that.
     *
     * @param prefix {@code /api}; it may have parameters
     */
    public Router mount(String prefix, Router other) {
        String below = withoutSlash(prefix);
        if (other == this) {
            throw new IllegalArgumentException("a router cannot be mounted in itself");
        }
        other.inUse = true;
        for (RouteTree.Route<Route> each : other.tree.all()) {
            Route route = each.target();
            List<Scope> scopes = new ArrayList<>(List.of(own));
            scopes.addAll(route.scopes());
            String pattern =
                    below + (each.pattern().equals("/") && !below.isEmpty() ? "" : each.pattern());
            requireUnused();
            tree.add(
                    each.method(),
                    pattern,
                    new Route(route.function(), route.target(), route.mayBlock(), scopes));
        }
        opened.addAll(other.opened);
        return this;
    }

    private static String withoutSlash(String prefix) {
        if (!prefix.startsWith("/")) {
            throw new IllegalArgumentException("a prefix begins with a slash: " + prefix);
        }
        return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
    }

    private Router add(
            String method,
            String pattern,
            @Nullable RequestFunction function,
            @Nullable Target target) {
        requireUnused();
        tree.add(method, pattern, new Route(function, target, mayBlock, List.of(own)));
        return this;
    }

    private void requireUnused() {
        if (inUse) {
            throw new IllegalStateException(
                    "the router is in use: add routes before the server starts, or the router is"
                            + " mounted");
        }
    }

    // ---- what surrounds them

    /**
     * Surrounds all routes of this router, whenever they are added, and its answers to paths
     * without a route; the first filter is the outermost.
     */
    public Router filter(Filter filter) {
        requireUnused();
        own.filters.add(Objects.requireNonNull(filter));
        return this;
    }

    /**
     * Answers where a function or filter throws an exception of this class or of one below it; the
     * nearest class wins. It is not logged then. Also for a {@link #streaming} handler, as long as
     * its response has not begun.
     */
    public <E extends Throwable> Router onError(Class<E> type, ErrorFunction<? super E> function) {
        requireUnused();
        own.errors.put(type, (request, error) -> function.answer(request, type.cast(error)));
        return this;
    }

    /**
     * Answers where this router refuses with a status (404, 405), or a function throws an {@link
     * HttpException} with it:
     *
     * <pre>{@code
     * router.onStatus(404, (request, refusal) -> Response.html(notFound).withStatus(404));
     * }</pre>
     *
     * @param status 400 to 599
     */
    public Router onStatus(int status, ErrorFunction<HttpException> function) {
        requireUnused();
        own.statuses.put(status, Objects.requireNonNull(function));
        return this;
    }

    // ---- requests

    @Override
    public ExchangeListener begin(Exchange exchange) {
        inUse = true;
        String rawPath = exchange.request().target().rawPath();
        if (!rawPath.startsWith("/")) {
            return answer(exchange, outside(options("GET, HEAD, OPTIONS")), Map.of());
        }
        List<String> path = RequestPath.of(rawPath).segments();
        String method = exchange.request().method();
        RouteTree.Match<Route> match = tree.find(method, path);
        if (match != null) {
            return answer(exchange, match.route().target(), match.parameters());
        }
        String allowed = tree.allowed(path);
        if (!allowed.isEmpty() && method.equals("OPTIONS")) {
            return answer(exchange, outside(options(allowed)), Map.of());
        }
        HttpException refused =
                allowed.isEmpty()
                        ? new HttpException(404, "RFC 9110 §15.5.5", "no route")
                        : new HttpException(
                                405,
                                "RFC 9110 §15.5.6",
                                method + " has no route",
                                FieldList.of("Allow", allowed));
        if (isBare()) {
            throw refused;
        }
        RequestFunction refusal =
                _ -> {
                    throw refused;
                };
        return answer(exchange, outside(refusal), Map.of());
    }

    /** Within this router, but of no route. */
    private Route outside(RequestFunction function) {
        return new Route(function, null, mayBlock && !isBare(), List.of(own));
    }

    private boolean isBare() {
        return own.filters.isEmpty() && own.statuses.isEmpty() && own.errors.isEmpty();
    }

    private static RequestFunction options(String allowed) {
        return _ -> Response.of(204).with("Allow", allowed);
    }

    private ExchangeListener answer(Exchange exchange, Route route, Map<String, String> path) {
        Target target = route.target();
        if (target == null) {
            return new FunctionHandler(chain(route), route.mayBlock(), ContentMemory.OF_PROCESS)
                    .begin(exchange, path);
        }
        if (target instanceof StreamingHandler streaming) {
            target = streaming.with(route::answerTo);
        }
        if (!route.hasFilters()) {
            return target.begin(exchange, path);
        }
        return new FilteredTarget(exchange, path, target).begin(chain(route), route.mayBlock());
    }

    /** The function of a route within the filters and error functions of its routers. */
    private static RequestFunction chain(Route route) {
        RequestFunction function = route.function();
        RequestFunction chain = function == null ? _ -> Response.LATER : function;
        for (int i = route.scopes().size() - 1; i >= 0; i--) {
            Scope scope = route.scopes().get(i);
            chain = mended(chain, scope);
            for (int f = scope.filters.size() - 1; f >= 0; f--) {
                Filter filter = scope.filters.get(f);
                RequestFunction next = chain;
                chain = request -> filter.answer(request, next);
            }
            chain = scope.filters.isEmpty() ? chain : mended(chain, scope);
        }
        return chain;
    }

    /** Filters see the answers to errors; errors of filters are answered too. */
    private static RequestFunction mended(RequestFunction function, Scope scope) {
        if (scope.errors.isEmpty() && scope.statuses.isEmpty()) {
            return function;
        }
        return request -> {
            try {
                return function.answer(request);
            } catch (Throwable e) {
                Response response = mend(scope, request, e);
                if (response == null) {
                    throw e;
                }
                return response;
            }
        };
    }

    private static @Nullable Response mend(Scope scope, Request request, Throwable e)
            throws Exception {
        if (e instanceof HttpException refusal) {
            ErrorFunction<HttpException> function = scope.statuses.get(refusal.status());
            if (function != null) {
                return function.answer(request, refusal).withMissing(refusal.fields());
            }
        }
        for (Class<?> type = e.getClass(); type != null; type = type.getSuperclass()) {
            ErrorFunction<Throwable> function = scope.errors.get(type);
            if (function != null) {
                return function.answer(request, e);
            }
        }
        return null;
    }

    /** Closes the folders of its {@link #files}; after the last server. */
    @Override
    public void close() {
        opened.forEach(Files::close);
    }
}
