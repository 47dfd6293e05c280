package caffeine.server.handler;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the route of a path, a segment at a time: the time depends on the path, and not on the
 * number of routes.
 *
 * <p>At each segment a literal one wins over a parameter, and this over the rest of a path. A route
 * that does not have the method of the request is passed over.
 *
 * @param <T> the targets of routes
 */
final class RouteTree<T> {

    /** Instead of a method: all of them. */
    static final String ANY = "*";

    /**
     * A route.
     *
     * @param pattern as given, behind the prefixes of its routers
     * @param names of its parameters, in their order
     */
    record Route<T>(String method, String pattern, List<String> names, T target) {}

    /** A route and the values of its parameters. */
    record Match<T>(Route<T> route, Map<String, String> parameters) {}

    private static final class Node<T> {
        final Map<String, Node<T>> literals = new HashMap<>();
        final Map<String, Route<T>> routes = new TreeMap<>();

        /** Any one segment. */
        @Nullable Node<T> parameter;

        /** Any number of segments, from here on. */
        @Nullable Node<T> rest;
    }

    private final Node<T> root = new Node<>();
    private final List<Route<T>> all = new ArrayList<>();

    /**
     * Adds a route.
     *
     * @throws IllegalArgumentException when the pattern is none, or another route has the same
     *     method and paths
     */
    void add(String method, String pattern, T target) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("a pattern begins with a slash: " + pattern);
        }
        List<String> names = new ArrayList<>();
        Node<T> node = root;
        String[] segments = pattern.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            node = next(node, segments[i], i == segments.length - 1, pattern, names);
        }
        Route<T> route = new Route<>(method, pattern, List.copyOf(names), target);
        Route<T> same = node.routes.putIfAbsent(method, route);
        if (same != null) {
            throw new IllegalArgumentException(
                    "two routes for the same requests: "
                            + method
                            + " "
                            + same.pattern()
                            + " and "
                            + method
                            + " "
                            + pattern);
        }
        all.add(route);
    }

    private static <T> Node<T> next(
            Node<T> node, String segment, boolean isLast, String pattern, List<String> names) {
        if (!segment.startsWith("{") && !segment.endsWith("}")) {
            if (segment.equals(".") || segment.equals("..")) {
                throw new IllegalArgumentException("no request has such a path: " + pattern);
            }
            return node.literals.computeIfAbsent(segment, _ -> new Node<>());
        }
        boolean isRest = segment.endsWith("...}");
        int end = segment.length() - (isRest ? "...}" : "}").length();
        String name = end < 1 ? "" : segment.substring(1, end);
        boolean isName = !name.isEmpty() && name.chars().allMatch(Character::isJavaIdentifierPart);
        if (!segment.startsWith("{") || !segment.endsWith("}") || !isName) {
            throw new IllegalArgumentException(
                    "a parameter is a whole segment, such as {id} or, as the last one, {path...}: "
                            + pattern);
        }
        if (names.contains(name)) {
            throw new IllegalArgumentException("two parameters named " + name + ": " + pattern);
        }
        if (isRest && !isLast) {
            throw new IllegalArgumentException(
                    "{" + name + "...} is possible at the end only: " + pattern);
        }
        names.add(name);
        Node<T> known = isRest ? node.rest : node.parameter;
        if (known != null) {
            return known;
        }
        Node<T> made = new Node<>();
        if (isRest) {
            node.rest = made;
        } else {
            node.parameter = made;
        }
        return made;
    }

    /** All routes, in the order in which they were added. */
    List<Route<T>> all() {
        return all;
    }

    /**
     * The route of a request.
     *
     * @param path its segments
     * @return null when no route has both its path and its method; GET answers HEAD too
     */
    @Nullable Match<T> find(String method, List<String> path) {
        String[] values = new String[path.size()];
        return find(root, 0, 0, path, values, method);
    }

    private @Nullable Match<T> find(
            Node<T> node, int depth, int count, List<String> path, String[] values, String method) {
        if (depth == path.size()) {
            return match(node, count, values, method);
        }
        String segment = path.get(depth);
        Node<T> literal = node.literals.get(segment);
        if (literal != null) {
            Match<T> found = find(literal, depth + 1, count, path, values, method);
            if (found != null) {
                return found;
            }
        }
        Node<T> parameter = node.parameter;
        if (parameter != null && !segment.isEmpty()) {
            values[count] = segment;
            Match<T> found = find(parameter, depth + 1, count + 1, path, values, method);
            if (found != null) {
                return found;
            }
        }
        Node<T> rest = node.rest;
        if (rest == null) {
            return null;
        }
        values[count] = String.join("/", path.subList(depth, path.size()));
        return match(rest, count + 1, values, method);
    }

    private static <T> @Nullable Match<T> match(
            Node<T> node, int count, String[] values, String method) {
        Route<T> route = node.routes.get(method);
        if (route == null && method.equals("HEAD")) {
            route = node.routes.get("GET");
        }
        if (route == null) {
            route = node.routes.get(ANY);
        }
        if (route == null) {
            return null;
        }
        Map<String, String> parameters = HashMap.newHashMap(count);
        for (int i = 0; i < count; i++) {
            parameters.put(route.names().get(i), values[i]);
        }
        return new Match<>(route, parameters);
    }

    /**
     * The methods that routes of a path have, with HEAD for GET and with OPTIONS, for the field
     * Allow; empty when there is no such route.
     */
    String allowed(List<String> path) {
        TreeSet<String> methods = new TreeSet<>();
        collect(root, 0, path, methods);
        if (methods.isEmpty()) {
            return "";
        }
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        methods.add("OPTIONS");
        return String.join(", ", methods);
    }

    private static <T> void collect(
            Node<T> node, int depth, List<String> path, Set<String> methods) {
        if (depth == path.size()) {
            methods.addAll(node.routes.keySet());
            return;
        }
        String segment = path.get(depth);
        Node<T> literal = node.literals.get(segment);
        if (literal != null) {
            collect(literal, depth + 1, path, methods);
        }
        Node<T> parameter = node.parameter;
        if (parameter != null && !segment.isEmpty()) {
            collect(parameter, depth + 1, path, methods);
        }
        Node<T> rest = node.rest;
        if (rest != null) {
            methods.addAll(rest.routes.keySet());
        }
    }
}
