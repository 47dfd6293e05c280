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
import caffeine.http.representation.Validators;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.ManagedHandler;
import caffeine.server.core.PreparedResponse;
import caffeine.server.file.CachedFile.Description;
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
import java.util.Set;
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
    static final int CACHED_BYTES = 128 * 1024;

    /** So little may wait in memory for any client. */
    private static final int SMALL_BYTES = 16 * 1024;

    private static final FieldList ALLOW = FieldList.of("Allow", "GET, HEAD, OPTIONS");
    private static final FieldList NO_FIELDS = new FieldList();
    private static final Set<String> SAFE = Set.of("GET", "HEAD");
    private static final int SEE_OTHER = 303;
    private static final int PERMANENT_REDIRECT = 308;
    private static final int MOST_TRIES = 3;
    private static final int CONDITIONALS = 64;

    /** After this time without a change the next one has another time, on any file system. */
    private static final long SETTLED_SECONDS = 2;

    private static final long NS_PER_SECOND = 1_000_000_000L;

    /** How long a look at a folder counts: so that those at its files count for a while longer. */
    private static final long FOLDER_LOOK_NS = NS_PER_SECOND / 2;

    private static final byte[] NOTHING = {};

    private static final String[] NEGOTIATED = {
        "If-None-Match", "If-Modified-Since", "Range", "If-Match", "If-Unmodified-Since"
    };

    private final FileTree tree;
    private final FileOptions options;
    private final MediaTypes types;
    private final Function<String, String> cacheControl;
    private final FileCaches caches;
    private final String key;
    private final FileCache cache;

    /** Threads may overwrite what another one has made. */
    private final @Nullable Conditional[] conditionals = new Conditional[CONDITIONALS];

    /**
     * The files of a folder.
     *
     * @param routes their Cache-Control wins over that of the options
     * @param caches shared with other handlers of the same options
     * @throws IOException when it cannot be opened; the message is for the user
     */
    public FileHandler(
            Path folder, FileOptions options, List<RouteOptions> routes, FileCaches caches)
            throws IOException {
        this(FileTree.of(folder), options, routes, caches, "folder ");
    }

    /** The files of the folder of scripts; the caller keeps ownership of the folder. */
    public FileHandler(
            ServedFolder folder,
            FileOptions options,
            List<RouteOptions> routes,
            FileCaches caches) {
        this(new KernelTree(folder), options, routes, caches, "scripts ");
    }

    private FileHandler(
            FileTree tree,
            FileOptions options,
            List<RouteOptions> routes,
            FileCaches caches,
            String purpose) {
        this.tree = tree;
        this.caches = caches;
        this.key = purpose + tree.identity();
        this.cache = caches.take(key);
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
        Place place = place(segments.subList(depth, segments.size()), path.endsInSlash());
        ExchangeListener listener =
                place == null ? null : beginIfFound(exchange, prefix, place.name, place.isFolder);
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
        Place place = place(exchange.request().target().rawPath());
        return place == null ? null : beginIfFound(exchange, place.name, place.isFolder);
    }

    /**
     * A path in the tree.
     *
     * @param name bytes as characters, without hidden names
     * @param isFolder whether the address ends in a slash
     */
    private record Place(String name, boolean isFolder) {}

    /** Null for a hidden name. */
    private static @Nullable Place place(String rawPath) {
        if (isPlain(rawPath)) {
            boolean isFolder = rawPath.endsWith("/");
            return new Place(rawPath.substring(1, rawPath.length() - (isFolder ? 1 : 0)), isFolder);
        }
        RequestPath path = RequestPath.of(rawPath);
        return place(path.octets(), path.endsInSlash());
    }

    /** Null for a hidden name. */
    private static @Nullable Place place(List<String> segments, boolean isFolder) {
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
        return new Place(name.toString(), isFolder);
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
        Target found = isFolder ? findIndex(name, exchange) : find(name, exchange);
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
        Target found = find(name, exchange);
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

    /**
     * Sends the file at another path than that of the request (a local redirect), whatever the
     * method of the request was.
     *
     * @return null when the tree has neither a file nor a folder there
     */
    public @Nullable ExchangeListener beginLocal(Exchange exchange, String rawPath) {
        Place place = place(rawPath);
        return place == null ? null : beginLocal(exchange, place.name, place.isFolder);
    }

    /** The same for a name, as in {@link #beginIfFound(Exchange, String, boolean)}. */
    public @Nullable ExchangeListener beginLocal(Exchange exchange, String name, boolean isFolder) {
        Target found = isFolder ? findIndex(name, exchange) : find(name, exchange);
        return switch (found) {
            case CachedFile file -> send(exchange, file, name, new Instead(200, NO_FIELDS));
            case FolderTarget.REDIRECTED -> {
                boolean isSafe = SAFE.contains(exchange.request().method());
                int status = isSafe ? PERMANENT_REDIRECT : SEE_OTHER;
                yield redirect(exchange, status, "/" + name, null);
            }
            case FolderTarget.LISTED -> list(exchange, "", name);
            case Missing missing when missing.status() == 404 -> null;
            case Missing missing ->
                    throw new HttpException(missing.status(), "RFC 9110 §15", missing.detail());
        };
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
            case FolderTarget.REDIRECTED -> {
                String path = prefix + "/" + name;
                String query = request.target().rawQuery();
                yield () -> redirect(exchange, PERMANENT_REDIRECT, path, query);
            }
            case FolderTarget.LISTED -> () -> list(exchange, prefix, name);
            case Missing missing -> throw new IllegalStateException(missing.detail());
        };
    }

    private static ExchangeListener redirect(
            Exchange exchange, int status, String path, @Nullable String query) {
        ResponseHead head = ResponseHead.of(status);
        String folder = RequestPath.encoded(path + "/");
        head.fields().add("Location", query == null ? folder : folder + "?" + query);
        exchange.respond(head, new byte[0]);
        return ExchangeListener.IGNORING;
    }

    private ExchangeListener list(Exchange exchange, String prefix, String name) {
        try {
            byte[] page = Listing.of(tree, prefix, name);
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
    private Target findIndex(String folder, Exchange exchange) {
        for (String index : options.index()) {
            Target found = find(folder.isEmpty() ? index : folder + "/" + index, exchange);
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
    private Target find(String name, Exchange exchange) {
        CachedFile cached = cache.get(name);
        if (cached != null) {
            if (cached.isFresh(exchange.nowNs()) || isSame(name, cached, exchange)) {
                return cached;
            }
            cache.remove(name);
        }
        return load(name, exchange);
    }

    /** Compares a cached file with the disk. */
    private boolean isSame(String name, CachedFile cached, Exchange exchange) {
        Form own = cached.form(ContentCoding.IDENTITY);
        if (!cached.isSettled() || !own.version().equals(tree.versionOf(name))) {
            return false;
        }
        long nowNs = exchange.nowNs();
        FileCache.Look look = lookAtFolder(name, exchange);
        FileVersion folder = cached.folder();
        if (folder != null && folder.equals(look.version())) {
            cached.lookedAt(Math.min(nowNs, look.lookedNs()));
            return true;
        }
        boolean isNamed = false;
        for (ContentCoding coding : ContentCoding.values()) {
            if (coding == ContentCoding.IDENTITY) {
                continue;
            }
            String sibling = name + coding.ending;
            Form form = cached.forms().get(coding);
            if (form == null && !tree.hasName(sibling)) {
                continue;
            }
            isNamed = true;
            FileVersion now = tree.versionOf(sibling);
            if (form == null ? isSibling(own, now) : !form.version().equals(now)) {
                return false;
            }
        }
        cached.missingIn(isNamed ? null : look.version());
        cached.lookedAt(nowNs);
        return true;
    }

    private static boolean isSibling(Form own, @Nullable FileVersion now) {
        return now != null && now.modifiedNs() >= own.version().modifiedNs();
    }

    /**
     * The folder of a file, looked at a moment ago. Its version changes with the names in it, so
     * one look at it tells for all its files that no sibling was added. A folder that has just
     * changed has no version here, because the next change may get the same time.
     */
    private FileCache.Look lookAtFolder(String name, Exchange exchange) {
        String folder = name.substring(0, Math.max(0, name.lastIndexOf('/')));
        long nowNs = exchange.nowNs();
        FileCache.Look last = cache.look(folder);
        if (last != null && nowNs - last.lookedNs() < FOLDER_LOOK_NS) {
            return last;
        }
        FileVersion version = tree.folderVersion(folder);
        boolean counts = version != null && isSettled(version, exchange);
        FileCache.Look look = new FileCache.Look(folder, counts ? version : null, nowNs);
        cache.put(look);
        return look;
    }

    private static boolean isSettled(FileVersion version, Exchange exchange) {
        return version.changedNs() < (exchange.epochSecond() - SETTLED_SECONDS) * NS_PER_SECOND;
    }

    private Target load(String name, Exchange exchange) {
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
                        CachedFile loaded = load(name, file, exchange);
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
    private @Nullable CachedFile load(String name, OpenFile file, Exchange exchange)
            throws IOException {
        FileCache.Look look = lookAtFolder(name, exchange);
        boolean isNamed = false;
        Map<ContentCoding, OpenFile> opened = new EnumMap<>(ContentCoding.class);
        opened.put(ContentCoding.IDENTITY, file);
        try {
            for (ContentCoding coding : ContentCoding.values()) {
                if (coding == ContentCoding.IDENTITY || !tree.hasName(name + coding.ending)) {
                    continue;
                }
                isNamed = true;
                if (tree.open(name + coding.ending) instanceof OpenFile sibling) {
                    if (sibling.version().modifiedNs() >= file.version().modifiedNs()) {
                        opened.put(coding, sibling);
                    } else {
                        sibling.close();
                    }
                }
            }
            Description description =
                    new Description(types.of(name), cacheControl.apply(name), opened.size() > 1);
            boolean isSettled = true;
            Map<ContentCoding, Form> forms = new EnumMap<>(ContentCoding.class);
            for (Map.Entry<ContentCoding, OpenFile> each : opened.entrySet()) {
                FileVersion version = each.getValue().version();
                byte[] content = null;
                if (version.bytes() <= CACHED_BYTES) {
                    content = each.getValue().read(0, (int) version.bytes());
                    if (content == null) {
                        return null;
                    }
                    isSettled &= isSettled(version, exchange);
                }
                ContentCoding coding = each.getKey();
                String own = coding == ContentCoding.IDENTITY ? name : name + coding.ending;
                forms.put(coding, CachedFile.form(own, coding, version, description, content));
            }
            FileVersion folder = isNamed ? null : look.version();
            return new CachedFile(
                    forms, folder, isSettled, Math.min(exchange.nowNs(), look.lookedNs()));
        } finally {
            opened.remove(ContentCoding.IDENTITY);
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
            if (!(load(name, exchange) instanceof CachedFile changed)) {
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
        boolean isConditional =
                instead == null
                        || (instead.status == 200
                                && (request.method().equals("GET")
                                        || request.method().equals("HEAD")));
        if (!isConditional || !isNegotiated(fields)) {
            return sendWhole(exchange, form, instead);
        }
        long nowSecond = exchange.epochSecond();
        Conditional conditional = conditional(form);
        Validators validators = conditional.validators;
        switch (validators.evaluate(fields, nowSecond)) {
            case NOT_MODIFIED -> {
                ResponseHead head = conditional.notModified;
                if (instead != null) {
                    FieldList same = CachedFile.fieldsOfNotModified(head(form, instead).fields());
                    head = new ResponseHead(304, null, same);
                }
                exchange.respond(head, NOTHING);
                return ExchangeListener.IGNORING;
            }
            case FAILED ->
                    throw new HttpException(412, "RFC 9110 §13.2.2", "a condition is not met");
            case PROCEED -> {}
        }
        if (!request.method().equals("GET") || !validators.allowRanges(fields, nowSecond)) {
            return sendWhole(exchange, form, instead);
        }
        long size = form.version().bytes();
        ByteRanges ranges = ByteRanges.of(fields, size);
        return switch (ranges.kind()) {
            case WHOLE -> sendWhole(exchange, form, instead);
            case PARTIAL -> sendRanges(exchange, form, head(form, instead), ranges.ranges());
            case UNSATISFIABLE ->
                    throw new HttpException(
                            416,
                            "RFC 9110 §14.1.2",
                            "no range begins within the file",
                            FieldList.of("Content-Range", "bytes */" + size));
        };
    }

    /**
     * Of one of the latest conditional requests, whose next ones need the same.
     *
     * @param version of the form, as an object: no other form has it
     */
    private record Conditional(
            FileVersion version, Validators validators, ResponseHead notModified) {}

    @SuppressWarnings("ReferenceEquality")
    private Conditional conditional(Form form) {
        int slot = System.identityHashCode(form.version()) % conditionals.length;
        Conditional known = conditionals[slot];
        if (known != null && known.version == form.version()) {
            return known;
        }
        Validators validators = form.validators();
        ResponseHead head = new ResponseHead(304, null, form.fieldsOfNotModified(validators));
        Conditional made = new Conditional(form.version(), validators, head);
        conditionals[slot] = made;
        return made;
    }

    private static ResponseHead head(Form form, @Nullable Instead instead) {
        return instead == null ? form.head() : form.head(instead.status, instead.fields);
    }

    private static boolean isNegotiated(Fields fields) {
        for (String name : NEGOTIATED) {
            if (fields.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private @Nullable ExchangeListener sendWhole(
            Exchange exchange, Form form, @Nullable Instead instead) {
        PreparedResponse prepared = form.prepared();
        if (prepared != null && instead == null && isRoomFor(exchange, prepared)) {
            exchange.respond(prepared);
            return ExchangeListener.IGNORING;
        }
        long bytes = form.version().bytes();
        ResponseHead head = head(form, instead);
        if (exchange.request().method().equals("HEAD")) {
            exchange.respond(head, bytes);
            exchange.finish();
            return ExchangeListener.IGNORING;
        }
        return begin(exchange, new FileSender(exchange, head).add(NOTHING, 0, bytes), form);
    }

    private @Nullable ExchangeListener sendRanges(
            Exchange exchange, Form form, ResponseHead whole, List<ByteRanges.Range> ranges) {
        long size = form.version().bytes();
        FieldList fields = whole.fields();
        FileSender sender = new FileSender(exchange, new ResponseHead(206, null, fields));
        if (ranges.size() == 1) {
            ByteRanges.Range range = ranges.getFirst();
            fields.add("Content-Range", range.contentRange(size));
            sender.add(NOTHING, range.first(), range.length());
        } else {
            String type = fields.first("Content-Type");
            Multipart multipart = new Multipart(type == null ? "" : type);
            fields.set("Content-Type", multipart.type());
            for (ByteRanges.Range range : ranges) {
                sender.add(multipart.head(range, size), range.first(), range.length());
            }
            sender.add(multipart.end(), 0, 0);
        }
        return begin(exchange, sender, form);
    }

    /** Without room a response would wait in memory; from the file it waits on the disk. */
    private static boolean isRoomFor(Exchange exchange, PreparedResponse prepared) {
        return prepared.contentBytes() <= SMALL_BYTES || prepared.contentBytes() <= exchange.room();
    }

    private @Nullable ExchangeListener begin(Exchange exchange, FileSender sender, Form form) {
        PreparedResponse prepared = form.prepared();
        if (prepared != null && isRoomFor(exchange, prepared)) {
            return sender.begin(prepared);
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
        caches.giveBack(key);
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
