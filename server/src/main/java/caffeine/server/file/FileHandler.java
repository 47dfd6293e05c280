package caffeine.server.file;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.RequestPath;
import caffeine.http.ResponseHead;
import caffeine.http.representation.ByteRanges;
import caffeine.http.representation.ContentCoding;
import caffeine.http.representation.MediaTypes;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.ManagedHandler;
import caffeine.server.core.PreparedResponse;
import caffeine.server.file.CachedFile.Form;
import caffeine.server.file.FileTree.Folder;
import caffeine.server.file.FileTree.Missing;
import caffeine.server.options.FileOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Answers requests for the files of a tree, as RFC 9110 has it: GET, HEAD and OPTIONS; conditions
 * (§13), ranges (§14), and stored codings ({@code style.css.br} beside {@code style.css}, §12.5.3).
 *
 * <p>Small files are answered from a {@link FileCache}, whose entries are compared with the disk
 * when they are a second old; large ones are opened for each request and sent by the kernel. A file
 * that changes while it is sent breaks the connection before its last bytes, so that no response
 * looks whole and is not.
 *
 * <p>Thread-safe.
 */
public final class FileHandler implements ManagedHandler {

    /** The largest file that is kept in memory. */
    static final int CACHED_BYTES = 64 * 1024;

    private static final FieldList ALLOW = FieldList.of("Allow", "GET, HEAD, OPTIONS");
    private static final int PERMANENT_REDIRECT = 308;
    private static final int MOST_TRIES = 3;
    private static final byte[] NOTHING = {};

    private static final String[] NEGOTIATED = {
        "If-None-Match", "If-Modified-Since", "Range", "If-Match", "If-Unmodified-Since"
    };

    private final FileTree tree;
    private final FileOptions options;
    private final MediaTypes types;
    private final Function<String, String> cacheControl;
    private final FileCache cache = new FileCache();

    /**
     * The files of a folder.
     *
     * @param routes their Cache-Control wins over that of the options
     * @throws IOException when it cannot be opened; the message is for the user
     */
    public FileHandler(Path folder, FileOptions options, List<RouteOptions> routes)
            throws IOException {
        this(FileTree.of(folder), options, routes);
    }

    /** The files of the folder of scripts; the caller keeps ownership of the folder. */
    public FileHandler(ServedFolder folder, FileOptions options, List<RouteOptions> routes) {
        this(new KernelTree(folder), options, routes);
    }

    private FileHandler(FileTree tree, FileOptions options, List<RouteOptions> routes) {
        this.tree = tree;
        this.options = options;
        this.types = MediaTypes.with(options.types());
        List<RouteOptions> longestFirst =
                routes.stream()
                        .filter(route -> route.has(RouteSetting.CACHE_CONTROL))
                        .map(RouteOptions::inBytes)
                        .sorted(
                                Comparator.comparingInt(
                                                (RouteOptions route) -> route.prefix().length())
                                        .reversed())
                        .toList();
        this.cacheControl =
                name -> {
                    for (RouteOptions route : longestFirst) {
                        String value = route.text(RouteSetting.CACHE_CONTROL);
                        if (value != null && route.covers("/" + name)) {
                            return value;
                        }
                    }
                    return options.cacheControl();
                };
    }

    /** Answers with the file at the path of the request, or with 404. */
    @Override
    public ExchangeListener begin(Exchange exchange) {
        ExchangeListener listener = beginIfFound(exchange);
        if (listener == null) {
            throw new HttpException(404, "RFC 9110 §15.5.5", "no such file");
        }
        return listener;
    }

    /**
     * Answers with the file that the last segments of the path name, or with 404.
     *
     * @param count how many segments; those before them are a prefix
     */
    public ExchangeListener begin(Exchange exchange, int count) {
        RequestPath path = RequestPath.of(exchange.request().target().rawPath());
        List<String> segments = path.octets();
        int depth = segments.size() - count;
        String prefix = depth == 0 ? "" : "/" + String.join("/", segments.subList(0, depth));
        ExchangeListener listener =
                beginIfFound(
                        exchange,
                        RequestPath.encoded(prefix),
                        segments.subList(depth, segments.size()),
                        path);
        if (listener == null) {
            throw new HttpException(404, "RFC 9110 §15.5.5", "no such file");
        }
        return listener;
    }

    /**
     * Answers with the file at the path of the request.
     *
     * @return null when the tree has neither a file nor a folder there
     * @throws HttpException for another reason, such as an invalid path or another method
     */
    public @Nullable ExchangeListener beginIfFound(Exchange exchange) {
        String rawPath = exchange.request().target().rawPath();
        if (isPlain(rawPath)) {
            boolean isFolder = rawPath.endsWith("/");
            String name = rawPath.substring(1, rawPath.length() - (isFolder ? 1 : 0));
            return beginIfFound(exchange, name, isFolder);
        }
        RequestPath path = RequestPath.of(rawPath);
        return beginIfFound(exchange, "", path.octets(), path);
    }

    private @Nullable ExchangeListener beginIfFound(
            Exchange exchange, String prefix, List<String> segments, RequestPath path) {
        StringBuilder name = new StringBuilder();
        int depth = 0;
        for (String segment : segments) {
            if (segment.isEmpty()) {
                continue;
            }
            if (ScriptOptions.isHidden(segment, depth)) {
                return null;
            }
            name.append(depth == 0 ? "" : "/").append(segment);
            depth++;
        }
        return beginIfFound(exchange, prefix, name.toString(), path.endsInSlash());
    }

    /** Whether a path is a name as it is: nothing encoded, hidden or empty in it. */
    private static boolean isPlain(String rawPath) {
        return rawPath.length() > 1
                && rawPath.indexOf('%') < 0
                && !rawPath.contains("//")
                && !rawPath.contains("/.");
    }

    /**
     * Answers with a file or folder of a name.
     *
     * @param name a path in the tree: bytes as characters, without hidden names
     * @param isFolder whether the address ends in a slash
     * @return null when the tree has neither a file nor a folder of that name
     * @throws HttpException for another reason
     */
    public @Nullable ExchangeListener beginIfFound(
            Exchange exchange, String name, boolean isFolder) {
        return beginIfFound(exchange, "", name, isFolder);
    }

    private @Nullable ExchangeListener beginIfFound(
            Exchange exchange, String prefix, String name, boolean isFolder) {
        long nowNs = exchange.nowNs();
        Target found = isFolder ? findIndex(name, nowNs) : find(name, nowNs);
        if (found instanceof Missing missing) {
            if (missing.isForOperator()) {
                exchange.events().handlerFailed("files", missing.detail());
            }
            if (missing.status() == 404) {
                return null;
            }
            throw new HttpException(missing.status(), "RFC 9110 §15", missing.detail());
        }
        Answer answer = answer(exchange, found, prefix, name);
        return exchange.request().hasContent() ? new AfterContent(answer) : answer.give();
    }

    /**
     * Sends a file for a handler that has decided about the request (X-Sendfile).
     *
     * @param name as in {@link #beginIfFound(Exchange, String, boolean)}, but it may be hidden
     * @param status with 200, conditions and ranges of a GET apply
     * @param fields fields of the handler, which win over those of the file
     * @return null when there is no such file
     */
    public @Nullable ExchangeListener beginInstead(
            Exchange exchange, String name, int status, Fields fields) {
        Target found = find(name, exchange.nowNs());
        if (found instanceof Missing missing && missing.status() != 404) {
            throw new HttpException(missing.status(), "RFC 9110 §15", missing.detail());
        }
        return found instanceof CachedFile file
                ? send(exchange, file, name, new Instead(status, fields))
                : null;
    }

    /** The name of a file in the tree of the whole file system. */
    public static String name(Path absolute) {
        return PortableTree.octets(absolute.toString().substring(1));
    }

    /** The head of a handler, whose content is the file. */
    private record Instead(int status, Fields fields) {}

    /** The rest of an exchange, to be given when the request is complete. */
    private interface Answer {
        ExchangeListener give();
    }

    private Answer answer(Exchange exchange, Target found, String prefix, String name) {
        RequestHead request = exchange.request();
        switch (request.method()) {
            case "GET", "HEAD" -> {}
            case "OPTIONS" -> {
                return () -> {
                    exchange.respond(new ResponseHead(204, null, ALLOW), new byte[0]);
                    return ExchangeListener.IGNORING;
                };
            }
            default ->
                    throw new HttpException(
                            405, "RFC 9110 §15.5.6", request.method() + " for a file", ALLOW);
        }
        return switch (found) {
            case CachedFile file -> () -> send(exchange, file, name, null);
            case FolderTarget.REDIRECTED -> () -> redirect(exchange, prefix, name);
            case FolderTarget.LISTED -> () -> list(exchange, name);
            case Missing missing -> throw new IllegalStateException(missing.detail());
        };
    }

    private static ExchangeListener redirect(Exchange exchange, String prefix, String name) {
        String query = exchange.request().target().rawQuery();
        ResponseHead head = ResponseHead.of(PERMANENT_REDIRECT);
        String folder = prefix + RequestPath.encoded("/" + name + "/");
        head.fields().add("Location", query == null ? folder : folder + "?" + query);
        exchange.respond(head, new byte[0]);
        return ExchangeListener.IGNORING;
    }

    private ExchangeListener list(Exchange exchange, String name) {
        try {
            byte[] page = Listing.of(tree, name);
            ResponseHead head = ResponseHead.of(200);
            head.fields().add("Content-Type", "text/html; charset=utf-8");
            head.fields().add("Cache-Control", "no-cache");
            exchange.respond(head, page);
        } catch (IOException e) {
            throw new HttpException(500, "RFC 9110 §15.6.1", "cannot list " + name + ": " + e);
        }
        return ExchangeListener.IGNORING;
    }

    // ---- finding

    /** What an address leads to. */
    sealed interface Target permits CachedFile, Missing, FolderTarget {}

    /** A folder that has no file for its address. */
    private enum FolderTarget implements Target {
        /** The address has no slash at its end. */
        REDIRECTED,
        /** There is no index, and its names may be listed. */
        LISTED
    }

    /** A file, a folder without its index, or nothing. */
    private Target findIndex(String folder, long nowNs) {
        for (String index : options.index()) {
            Target found = find(folder.isEmpty() ? index : folder + "/" + index, nowNs);
            if (found instanceof CachedFile) {
                return found;
            }
            if (found instanceof Missing missing && missing.status() != 404) {
                return missing;
            }
        }
        if (options.listing() && tree.open(folder) instanceof Folder) {
            return FolderTarget.LISTED;
        }
        return new Missing(404, false, "the folder has no index: " + Printable.of(folder));
    }

    /** A file, the redirect to a folder, or nothing. */
    private Target find(String name, long nowNs) {
        CachedFile cached = cache.get(name);
        if (cached != null) {
            if (cached.isFresh(nowNs) || isSame(name, cached, nowNs)) {
                return cached;
            }
            cache.remove(name);
        }
        return load(name, nowNs);
    }

    /** Compares a cached file with the disk. */
    private boolean isSame(String name, CachedFile cached, long nowNs) {
        for (ContentCoding coding : ContentCoding.values()) {
            Form form = cached.forms().get(coding);
            FileVersion now = tree.versionOf(name + coding.ending);
            if (form == null ? isSibling(cached, now) : !form.version().equals(now)) {
                return false;
            }
        }
        cached.lookedAt(nowNs);
        return true;
    }

    private static boolean isSibling(CachedFile cached, @Nullable FileVersion now) {
        return now != null
                && now.modifiedNs() >= cached.form(ContentCoding.IDENTITY).version().modifiedNs();
    }

    private Target load(String name, long nowNs) {
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            FileTree.Found found = tree.open(name);
            switch (found) {
                case Missing missing -> {
                    return missing;
                }
                case Folder _ -> {
                    return FolderTarget.REDIRECTED;
                }
                case OpenFile file -> {
                    try (file) {
                        CachedFile loaded = load(name, file, nowNs);
                        if (loaded != null) {
                            cache.put(name, loaded);
                            return loaded;
                        }
                    } catch (IOException e) {
                        return new Missing(
                                500, true, "cannot read " + Printable.of(name) + ": " + e);
                    }
                }
            }
        }
        return new Missing(503, true, "changes faster than it can be read: " + Printable.of(name));
    }

    /** Null when the file has changed while it was read. */
    private @Nullable CachedFile load(String name, OpenFile file, long nowNs) throws IOException {
        Map<ContentCoding, OpenFile> opened = new EnumMap<>(ContentCoding.class);
        try {
            for (ContentCoding coding : ContentCoding.values()) {
                if (coding == ContentCoding.IDENTITY) {
                    continue;
                }
                if (tree.versionOf(name + coding.ending) == null) {
                    continue;
                }
                if (tree.open(name + coding.ending) instanceof OpenFile sibling) {
                    if (sibling.version().modifiedNs() >= file.version().modifiedNs()) {
                        opened.put(coding, sibling);
                    } else {
                        sibling.close();
                    }
                }
            }
            String type = types.of(name);
            String caching = cacheControl.apply(name);
            Map<ContentCoding, Form> forms = new EnumMap<>(ContentCoding.class);
            for (ContentCoding coding : ContentCoding.values()) {
                OpenFile each = coding == ContentCoding.IDENTITY ? file : opened.get(coding);
                if (each == null) {
                    continue;
                }
                byte[] content = null;
                if (each.version().bytes() <= CACHED_BYTES) {
                    content = each.read(0, (int) each.version().bytes());
                    if (content == null) {
                        return null;
                    }
                }
                forms.put(
                        coding,
                        CachedFile.form(
                                name + coding.ending,
                                coding,
                                each.version(),
                                type,
                                caching,
                                !opened.isEmpty(),
                                content));
            }
            return new CachedFile(forms, nowNs);
        } finally {
            opened.values().forEach(OpenFile::close);
        }
    }

    // ---- sending

    private ExchangeListener send(
            Exchange exchange, CachedFile file, String name, @Nullable Instead instead) {
        CachedFile current = file;
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            ExchangeListener sent = trySending(exchange, current, instead);
            if (sent != null) {
                return sent;
            }
            cache.remove(name);
            if (!(load(name, exchange.nowNs()) instanceof CachedFile changed)) {
                throw new HttpException(404, "RFC 9110 §15.5.5", "it is gone");
            }
            current = changed;
        }
        throw new HttpException(503, "RFC 9110 §15.6.4", "it changes faster than it can be read");
    }

    /** Null when the file has another version by now. */
    private @Nullable ExchangeListener trySending(
            Exchange exchange, CachedFile file, @Nullable Instead instead) {
        RequestHead request = exchange.request();
        Fields fields = request.fields();
        boolean hasOneForm =
                file.forms().size() == 1
                        || (instead != null && instead.fields.contains("Content-Encoding"));
        Form form =
                file.form(
                        hasOneForm
                                ? ContentCoding.IDENTITY
                                : ContentCoding.choose(fields, file.forms().keySet()));
        if (instead != null) {
            form = form.with(instead.status, instead.fields);
        }
        boolean isConditional =
                instead == null
                        || (instead.status == 200
                                && (request.method().equals("GET")
                                        || request.method().equals("HEAD")));
        if (!isConditional || !isNegotiated(fields)) {
            return sendWhole(exchange, form);
        }
        long nowSecond = exchange.epochSecond();
        switch (form.validators().evaluate(fields, nowSecond)) {
            case NOT_MODIFIED -> {
                exchange.respond(
                        new ResponseHead(304, null, form.fieldsOfNotModified()), new byte[0]);
                return ExchangeListener.IGNORING;
            }
            case FAILED ->
                    throw new HttpException(412, "RFC 9110 §13.2.2", "a condition is not met");
            case PROCEED -> {}
        }
        if (!request.method().equals("GET") || !form.validators().allowRanges(fields, nowSecond)) {
            return sendWhole(exchange, form);
        }
        long size = form.version().bytes();
        ByteRanges ranges = ByteRanges.of(fields, size);
        return switch (ranges.kind()) {
            case WHOLE -> sendWhole(exchange, form);
            case PARTIAL -> sendRanges(exchange, form, ranges.ranges());
            case UNSATISFIABLE ->
                    throw new HttpException(
                            416,
                            "RFC 9110 §14.1.2",
                            "no range begins within the file",
                            FieldList.of("Content-Range", "bytes */" + size));
        };
    }

    private static boolean isNegotiated(Fields fields) {
        for (String name : NEGOTIATED) {
            if (fields.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private @Nullable ExchangeListener sendWhole(Exchange exchange, Form form) {
        PreparedResponse prepared = form.prepared();
        if (prepared != null) {
            exchange.respond(prepared);
            return ExchangeListener.IGNORING;
        }
        byte[] content = form.content();
        if (content != null) {
            exchange.respond(form.head(), content);
            return ExchangeListener.IGNORING;
        }
        long bytes = form.version().bytes();
        if (exchange.request().method().equals("HEAD")) {
            exchange.respond(form.head(), bytes);
            exchange.finish();
            return ExchangeListener.IGNORING;
        }
        return begin(new FileSender(exchange, form.head()).add(NOTHING, 0, bytes), form);
    }

    private @Nullable ExchangeListener sendRanges(
            Exchange exchange, Form form, List<ByteRanges.Range> ranges) {
        long size = form.version().bytes();
        FieldList fields = new FieldList().addAll(form.head().fields());
        FileSender sender = new FileSender(exchange, new ResponseHead(206, null, fields));
        if (ranges.size() == 1) {
            ByteRanges.Range range = ranges.getFirst();
            fields.add("Content-Range", range.contentRange(size));
            sender.add(NOTHING, range.first(), range.length());
        } else {
            Multipart multipart = new Multipart(form.type());
            fields.set("Content-Type", multipart.type());
            for (ByteRanges.Range range : ranges) {
                sender.add(multipart.head(range, size), range.first(), range.length());
            }
            sender.add(multipart.end(), 0, 0);
        }
        return begin(sender, form);
    }

    private @Nullable ExchangeListener begin(FileSender sender, Form form) {
        byte[] content = form.content();
        if (content != null) {
            return sender.begin(content);
        }
        if (!(tree.open(form.name()) instanceof OpenFile file)) {
            return null;
        }
        if (!file.version().hasContentOf(form.version())) {
            file.close();
            return null;
        }
        return sender.begin(file);
    }

    @Override
    public void close() {
        cache.clear();
        tree.close();
    }

    /** Drops the content of the request before the answer. */
    private static final class AfterContent implements ExchangeListener {

        private final Answer answer;
        private ExchangeListener sender = IGNORING;

        AfterContent(Answer answer) {
            this.answer = answer;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void end() {
            sender = answer.give();
        }

        @Override
        public void writable() {
            sender.writable();
        }

        @Override
        public void abandoned() {
            sender.abandoned();
        }
    }
}
