package caffeine.server.prefork;

import caffeine.http.forwarded.TrustedProxies;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ErrorPages.Page;
import caffeine.server.options.FileOptions;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.WebSocketOptions;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Records with random components, whatever components they have: one that is added later is filled
 * too, or else, if it is of a new type, found missing here.
 */
final class RandomRecords {

    private final Random random;

    RandomRecords(long seed) {
        this.random = new Random(seed);
    }

    <R extends Record> R next(Class<R> type) {
        try {
            RecordComponent[] components = type.getRecordComponents();
            Class<?>[] types =
                    Arrays.stream(components)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new);
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                // A logger stays in its process.
                if (types[i] != System.Logger.class) {
                    values[i] = value(components[i].getGenericType());
                }
            }
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new AssertionError(type + " refuses random components", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private Object value(Type type) {
        if (type instanceof ParameterizedType generic) {
            return generic.getRawType() == Map.class
                    ? map(generic.getActualTypeArguments())
                    : list(generic.getActualTypeArguments()[0]);
        }
        if (!(type instanceof Class<?> plain)) {
            throw new AssertionError("no random " + type);
        }
        if (plain.isEnum()) {
            Object[] all = plain.getEnumConstants();
            return all[random.nextInt(all.length)];
        }
        if (plain == RouteOptions.class) {
            return route();
        }
        if (plain == NetworkOptions.class) {
            return network();
        }
        if (plain == WebSocketOptions.class) {
            return webSocket();
        }
        if (plain == FileOptions.class) {
            return new FileOptions(
                    random.nextBoolean() ? Path.of("/" + random.nextInt()) : null,
                    random.nextBoolean() ? Path.of("/" + random.nextInt()) : null,
                    List.of("a" + random.nextInt(), "index.html"),
                    random.nextBoolean(),
                    Map.of("x" + random.nextInt(), "text/" + random.nextInt()),
                    "max-age=" + random.nextInt());
        }
        if (plain == ErrorPages.class) {
            return pages();
        }
        if (plain.isRecord()) {
            return next(plain.asSubclass(Record.class));
        }
        return switch (plain.getName()) {
            case "int", "java.lang.Integer" -> 1 + random.nextInt(1 << 26);
            case "long" -> 1 + random.nextLong(Long.MAX_VALUE);
            case "boolean" -> random.nextBoolean();
            case "java.lang.String" -> text();
            case "java.nio.file.Path" -> Path.of("/" + text().replace('/', '_'));
            case "java.net.SocketAddress" ->
                    random.nextBoolean()
                            ? address()
                            : UnixDomainSocketAddress.of("/" + random.nextInt());
            case "caffeine.http.forwarded.TrustedProxies" ->
                    random.nextBoolean()
                            ? TrustedProxies.NONE
                            : TrustedProxies.of(List.of("10.0.0.0/8", "::1", "unix:"));
            default -> throw new AssertionError("no random " + plain + ": teach this class one");
        };
    }

    /** Its values are of any type: each setting says of which. */
    private RouteOptions route() {
        Map<RouteSetting, Object> settings = new EnumMap<>(RouteSetting.class);
        for (RouteSetting setting : RouteSetting.values()) {
            if (random.nextBoolean()) {
                settings.put(
                        setting,
                        switch (setting.type) {
                            case FLAG -> random.nextBoolean();
                            case COUNT, SIZE, TIME -> random.nextLong();
                            case WORD, TEXT -> text();
                            case TOKENS, VARIABLES, ASSIGNMENTS -> list(String.class);
                        });
            }
        }
        return new RouteOptions("/" + text().replace('/', '_'), settings);
    }

    /** None of the addresses covers another, and each has a descriptor or none has. */
    private WebSocketOptions webSocket() {
        return new WebSocketOptions(
                random.nextBoolean() ? List.of() : List.of("a.test", "https://b.test:8443"),
                random.nextBoolean() ? List.of() : List.of("chat", "v" + random.nextInt(100)),
                random.nextBoolean(),
                1 + random.nextInt(1 << 26),
                1 + random.nextInt(1 << 26),
                1 + random.nextInt(1 << 26),
                1 + random.nextLong(Long.MAX_VALUE),
                1 + random.nextLong(Long.MAX_VALUE));
    }

    private NetworkOptions network() {
        List<SocketAddress> addresses = new ArrayList<>();
        List<Integer> inherited = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            addresses.add((SocketAddress) value(SocketAddress.class));
            inherited.add(random.nextInt(100));
        }
        return new NetworkOptions(
                addresses,
                random.nextBoolean(),
                random.nextInt(),
                (TrustedProxies) value(TrustedProxies.class),
                random.nextBoolean() ? inherited : List.of());
    }

    /** For errors alone, and of a type that can be sent. */
    private ErrorPages pages() {
        Map<Integer, Page> pages = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            int status = random.nextBoolean() ? 400 + random.nextInt(200) : 4 + random.nextInt(2);
            pages.put(status, new Page("text/html; x=" + random.nextInt(), text()));
        }
        return new ErrorPages(pages);
    }

    private String text() {
        String letters = "abc =:/%\n\"'\\é世😀";
        int[] points = letters.codePoints().toArray();
        StringBuilder text = new StringBuilder("x");
        int length = random.nextInt(20) == 0 ? 70_000 : random.nextInt(30);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }

    private InetSocketAddress address() {
        byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
        random.nextBytes(bytes);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), random.nextInt(1 << 16));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private Map<Object, Object> map(Type[] types) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(value(types[0]), value(types[1]));
        }
        return map;
    }

    private List<Object> list(Type type) {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(value(type));
        }
        return list;
    }
}
