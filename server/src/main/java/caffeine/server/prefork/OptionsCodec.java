package caffeine.server.prefork;

import caffeine.http.Limits;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.FileOptions;
import caffeine.server.options.LogOptions;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.Setting;
import caffeine.server.options.WebSocketOptions;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker's options as bytes. Both ends are the same build, so there is no version.
 *
 * <p>Each record is listed once, for both directions: a method takes a record, and makes one of its
 * components in their order. When writing, each component is written and returned as it is; when
 * reading, the one that was read is returned in its place. A component that is added to a record
 * does not compile here until it is passed on.
 */
final class OptionsCodec {

    /**
     * The options of a worker: the server's options and its own share of them.
     *
     * @param servesOne whether it serves one client and ends
     */
    record WorkerOptions(
            ServerOptions server, int index, int room, int workers, boolean servesOne) {}

    /** Stands where options are read. */
    private static final WorkerOptions ANY =
            new WorkerOptions(ServerOptions.onPort(0), 0, 0, 0, false);

    private static final Interpreter ANY_INTERPRETER = new Interpreter("", "", false);

    private final DataInputStream in;

    /** Null when reading. */
    private final @Nullable DataOutputStream out;

    private OptionsCodec(byte[] bytes, @Nullable DataOutputStream out) {
        this.in = new DataInputStream(new ByteArrayInputStream(bytes));
        this.out = out;
    }

    static byte[] write(WorkerOptions options) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try {
            WorkerOptions _ =
                    new OptionsCodec(new byte[0], new DataOutputStream(bytes)).worker(options);
        } catch (IOException e) {
            throw new IllegalStateException("memory never fails to be written", e);
        }
        return bytes.toByteArray();
    }

    static WorkerOptions read(byte[] bytes) {
        try {
            return new OptionsCodec(bytes, null).worker(ANY);
        } catch (IOException e) {
            throw new IllegalStateException("the parent's options are cut short", e);
        }
    }

    // ---- the records

    private WorkerOptions worker(WorkerOptions o) throws IOException {
        if (flag(Setting.namesOptions())) {
            Setting.nameOptions();
        }
        return new WorkerOptions(
                server(o.server),
                number(o.index),
                number(o.room),
                number(o.workers),
                flag(o.servesOne));
    }

    private ServerOptions server(ServerOptions o) throws IOException {
        return new ServerOptions(
                network(o.network()),
                limits(o.limits()),
                deadlines(o.deadlines()),
                word(o.app()),
                scripts(o.scripts()),
                log(o.log()),
                pages(o.errorPages()),
                text(o.handlerClass()),
                webSocket(o.webSocket()),
                files(o.files()),
                flag(o.compress()));
    }

    private FileOptions files(FileOptions o) throws IOException {
        return new FileOptions(
                path(o.folder()),
                path(o.sendfileRoot()),
                texts(o.index()),
                flag(o.listing()),
                map(o.types(), "", this::text, (_, value) -> text(value == null ? "" : value)),
                text(o.cacheControl()));
    }

    private WebSocketOptions webSocket(WebSocketOptions o) throws IOException {
        return new WebSocketOptions(
                texts(o.origins()),
                texts(o.subprotocols()),
                flag(o.compression()),
                number(o.messageBytes()),
                number(o.fragments()),
                number(o.queueBytes()),
                number(o.pingNs()),
                number(o.pongNs()));
    }

    /** The descriptors are the parent's numbers; a worker gets them so that it gets all. */
    private NetworkOptions network(NetworkOptions o) throws IOException {
        return new NetworkOptions(
                list(o.addresses(), ANY.server.bind(), this::address),
                flag(o.v6Only()),
                number(o.socketMode()),
                TrustedProxies.of(texts(o.trustedProxies().texts())),
                list(o.inherited(), 0, this::number));
    }

    private SocketAddress address(SocketAddress o) throws IOException {
        if (flag(o instanceof UnixDomainSocketAddress)) {
            return UnixDomainSocketAddress.of(text(o.toString()));
        }
        InetSocketAddress inet = (InetSocketAddress) o; // one stands there when reading, too
        byte[] known = inet.getAddress().getAddress();
        byte[] bytes = bytes(known, number(known.length));
        int scope = number(inet.getAddress() instanceof Inet6Address six ? six.getScopeId() : 0);
        InetAddress address =
                scope == 0
                        ? InetAddress.getByAddress(bytes)
                        : Inet6Address.getByAddress(null, bytes, scope);
        return new InetSocketAddress(address, number(inet.getPort()));
    }

    private ServerLimits limits(ServerLimits o) throws IOException {
        Limits http = o.http();
        return new ServerLimits(
                new Limits(
                        number(http.requestLineBytes()),
                        number(http.fieldSectionBytes()),
                        number(http.fieldLines()),
                        number(http.contentBytes()),
                        number(http.chunkExtensionBytes())),
                number(o.connections()),
                number(o.connectionsPerAddress()),
                number(o.requestsPerConnection()),
                number(o.handlers()),
                number(o.queue()),
                number(o.minimumBytesPerSecond()),
                number(o.minimumSentPerSecond()),
                number(o.spoolBytes()),
                number(o.spoolTotalBytes()));
    }

    private Deadlines deadlines(Deadlines o) throws IOException {
        return new Deadlines(
                number(o.headNs()),
                number(o.contentIdleNs()),
                number(o.idleNs()),
                number(o.sendIdleNs()),
                number(o.handlerNs()),
                number(o.graceNs()),
                number(o.lingerNs()));
    }

    private ScriptOptions scripts(ScriptOptions o) throws IOException {
        return new ScriptOptions(
                Path.of(text(o.root().toString())),
                flag(o.cgiEverywhere()),
                map(
                        o.environment(),
                        "",
                        this::text,
                        (_, value) -> text(value == null ? "" : value)),
                flag(o.passAuthorization()),
                list(
                        o.interpreters(),
                        ANY_INTERPRETER,
                        each ->
                                new Interpreter(
                                        text(each.ending()),
                                        text(each.command()),
                                        flag(each.cgiOnly()))),
                list(o.routes(), RouteOptions.NONE, this::route));
    }

    private RouteOptions route(RouteOptions o) throws IOException {
        return new RouteOptions(
                text(o.prefix()), map(o.settings(), RouteSetting.MODE, this::word, this::setting));
    }

    /** A setting says what its value is. */
    private Object setting(RouteSetting setting, @Nullable Object value) throws IOException {
        return switch (setting.type) {
            case FLAG -> flag(value instanceof Boolean flag && flag);
            case COUNT, SIZE, TIME -> number(value instanceof Long number ? number : 0L);
            case WORD, TEXT -> text(value instanceof String text ? text : "");
            case TOKENS, VARIABLES, ASSIGNMENTS ->
                    texts(
                            value instanceof List<?> list
                                    ? list.stream().map(String.class::cast).toList()
                                    : List.of());
        };
    }

    private LogOptions log(LogOptions o) throws IOException {
        return new LogOptions(
                word(o.level()),
                path(o.file()),
                flag(o.echo()),
                path(o.accessFile()),
                word(o.accessFormat()));
    }

    private ErrorPages pages(ErrorPages o) throws IOException {
        return new ErrorPages(
                map(
                        o.pages(),
                        0,
                        this::number,
                        (_, page) ->
                                new ErrorPages.Page(
                                        text(page == null ? "" : page.contentType()),
                                        text(page == null ? "" : page.content()))));
    }

    // ---- what they are made of

    private boolean flag(boolean value) throws IOException {
        return number(value ? 1 : 0) == 1;
    }

    private int number(int value) throws IOException {
        if (out == null) {
            return in.readInt();
        }
        out.writeInt(value);
        return value;
    }

    private long number(long value) throws IOException {
        if (out == null) {
            return in.readLong();
        }
        out.writeLong(value);
        return value;
    }

    private <E extends Enum<E>> E word(E value) throws IOException {
        return Enum.valueOf(value.getDeclaringClass(), text(value.name()));
    }

    /** An environment variable may be longer than the 64 KiB that writeUTF takes. */
    private String text(String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return new String(bytes(bytes, number(bytes.length)), StandardCharsets.UTF_8);
    }

    private byte[] bytes(byte[] value, int length) throws IOException {
        if (out == null) {
            return in.readNBytes(length);
        }
        out.write(value);
        return value;
    }

    private @Nullable Path path(@Nullable Path value) throws IOException {
        return flag(value != null) ? Path.of(text(String.valueOf(value))) : null;
    }

    private List<String> texts(List<String> values) throws IOException {
        return list(values, "", this::text);
    }

    /** One component of a list. */
    private interface Part<T> {
        T of(T value) throws IOException;
    }

    /** A value that goes with a key; null when reading. */
    private interface Value<K, V> {
        V of(K key, @Nullable V value) throws IOException;
    }

    private <T> List<T> list(List<T> values, T any, Part<T> part) throws IOException {
        int count = number(values.size());
        List<T> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(part.of(out == null ? any : values.get(i)));
        }
        return list;
    }

    private <K, V> Map<K, V> map(Map<K, V> values, K any, Part<K> part, Value<K, V> value)
            throws IOException {
        Map<K, V> map = new HashMap<>();
        for (K each : list(List.copyOf(values.keySet()), any, part)) {
            map.put(each, value.of(each, values.get(each)));
        }
        return map;
    }
}
