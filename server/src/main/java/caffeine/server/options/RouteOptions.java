package caffeine.server.options;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Settings for the scripts below a path that differ from the server's. A route inherits the
 * settings of the shorter routes that cover it, so that a restriction above also holds below.
 *
 * <pre>{@code
 * new RouteOptions("/reports", Map.of(RouteSetting.MAX_HANDLERS, 4L))
 * }</pre>
 *
 * @param prefix the path, decoded, without a slash at its end: {@code /api}; empty for all
 * @param settings its settings, each of the class of its {@link RouteSetting.Type}
 */
public record RouteOptions(String prefix, Map<RouteSetting, Object> settings) {

    /** Covers everything and has no settings. */
    public static final RouteOptions NONE = new RouteOptions("", Map.of());

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when the prefix is none, or a value is not of its setting
     */
    public RouteOptions {
        if (!prefix.isEmpty() && (!prefix.startsWith("/") || prefix.endsWith("/"))) {
            throw new IllegalArgumentException(prefix + " is no prefix of a path");
        }
        settings = Map.copyOf(settings);
        settings.forEach(
                (setting, value) -> {
                    if (!setting.type.kept.isInstance(value)) {
                        throw new IllegalArgumentException(setting + " cannot be " + value);
                    }
                });
    }

    /** Whether a path, decoded and without empty segments, is this one or lies below it. */
    public boolean covers(String path) {
        return path.startsWith(prefix)
                && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
    }

    /** This route for paths of bytes, with a character (ISO-8859-1) for each byte. */
    public RouteOptions inBytes() {
        return new RouteOptions(new String(prefix.getBytes(UTF_8), ISO_8859_1), settings);
    }

    /** This route with the settings that it inherits from a wider one. */
    public RouteOptions within(RouteOptions wider) {
        Map<RouteSetting, Object> both = new EnumMap<>(RouteSetting.class);
        both.putAll(wider.settings);
        both.putAll(settings);
        both.replaceAll(
                (setting, value) ->
                        setting.type == RouteSetting.Type.ASSIGNMENTS
                                ? assigned(wider.list(setting), list(setting))
                                : value);
        return new RouteOptions(prefix, both);
    }

    /**
     * Variables and others, which replace those of the same names.
     *
     * @param variables {@code NAME=value} each; null: none
     * @param others the same
     */
    public static List<String> assigned(
            @Nullable List<String> variables, @Nullable List<String> others) {
        Map<String, String> byName = new LinkedHashMap<>();
        for (List<String> each : Arrays.asList(variables, others)) {
            for (String variable : each == null ? List.<String>of() : each) {
                byName.put(variable.substring(0, Math.max(0, variable.indexOf('='))), variable);
            }
        }
        return List.copyOf(byName.values());
    }

    /** Whether it sets this. */
    public boolean has(RouteSetting setting) {
        return settings.containsKey(setting);
    }

    /** A flag, or the given default. */
    public boolean flag(RouteSetting setting, boolean otherwise) {
        return settings.get(setting) instanceof Boolean flag ? flag : otherwise;
    }

    /** A count, size or time, or the given default. */
    public long number(RouteSetting setting, long otherwise) {
        return settings.get(setting) instanceof Long number ? number : otherwise;
    }

    /** A word or text; null when not set. */
    public @Nullable String text(RouteSetting setting) {
        return settings.get(setting) instanceof String text ? text : null;
    }

    /** A list; null when not set. */
    public @Nullable List<String> list(RouteSetting setting) {
        return settings.get(setting) instanceof List<?> list
                ? list.stream().map(String.class::cast).toList()
                : null;
    }
}
