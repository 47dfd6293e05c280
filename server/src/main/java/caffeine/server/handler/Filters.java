package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.server.loop.Clock;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Filters that many programs need.
 *
 * <pre>{@code
 * router.filter(Filters.basicAuthentication("staff", users::accepts))
 *         .filter(Filters.cors("https://example.org"));
 * }</pre>
 */
public final class Filters {

    private Filters() {}

    /**
     * Asks for a user and password (RFC 7617), and refuses with 401 those that a predicate does not
     * accept. The handlers behind it find the name as attribute {@code user}.
     *
     * <pre>{@code
     * router.filter(Filters.basicAuthentication("notes", (user, password) ->
     *         MessageDigest.isEqual(hash(password), users.get(user))));
     * }</pre>
     *
     * <p>Without TLS, for example of a server in front, the password can be read on its way.
     *
     * @param realm what the browser shows
     * @param accepts called for each request; compares in constant time
     */
    public static Filter basicAuthentication(String realm, BiPredicate<String, String> accepts) {
        Objects.requireNonNull(accepts);
        String quoted = realm.replace("\\", "\\\\").replace("\"", "\\\"");
        FieldList challenge =
                FieldList.of(
                        "WWW-Authenticate", "Basic realm=\"" + quoted + "\", charset=\"UTF-8\"");
        return (request, next) -> {
            String[] known = credentials(request.field("Authorization"));
            if (known == null || !accepts.test(known[0], known[1])) {
                throw new HttpException(401, "RFC 9110 §15.5.2", "no credentials", challenge);
            }
            return next.answer(request.with("user", known[0]));
        };
    }

    /** User and password; null when the field has none. */
    private static String @Nullable [] credentials(@Nullable String field) {
        if (field == null || !field.regionMatches(true, 0, "Basic ", 0, 6)) {
            return null;
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(field.substring(6).trim());
            String[] parts = new String(bytes, StandardCharsets.UTF_8).split(":", 2);
            return parts.length == 2 ? parts : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    /**
     * Lets pages of other origins use the answers (CORS, WHATWG Fetch §3.3), and answers their
     * preflight requests.
     *
     * <pre>{@code
     * router.filter(Filters.cors("https://app.example", "https://admin.example"));
     * }</pre>
     *
     * @param origins such as {@code https://app.example}; or {@code *} alone for all, whose
     *     browsers send no cookies then
     */
    public static Filter cors(String... origins) {
        List<String> allowed = List.copyOf(Arrays.asList(origins));
        boolean all = allowed.contains("*");
        return (request, next) -> {
            String origin = request.field("Origin");
            if (origin == null || !(all || allowed.contains(origin))) {
                Response response = next.answer(request);
                return all ? response : response.with("Vary", "Origin");
            }
            Response response = isPreflight(request) ? preflight(request) : next.answer(request);
            response = response.set("Access-Control-Allow-Origin", all ? "*" : origin);
            return all
                    ? response
                    : response.set("Access-Control-Allow-Credentials", "true")
                            .with("Vary", "Origin");
        };
    }

    private static boolean isPreflight(Request request) {
        return request.method().equals("OPTIONS")
                && request.field("Access-Control-Request-Method") != null;
    }

    private static Response preflight(Request request) {
        String method = Objects.requireNonNull(request.field("Access-Control-Request-Method"));
        String names = request.field("Access-Control-Request-Headers");
        Response response =
                Response.of(204)
                        .with("Access-Control-Allow-Methods", method)
                        .with("Access-Control-Max-Age", "600")
                        .with("Vary", "Access-Control-Request-Method")
                        .with("Vary", "Access-Control-Request-Headers");
        return names == null ? response : response.with("Access-Control-Allow-Headers", names);
    }

    /**
     * An answered request, for {@link #logging}.
     *
     * @param status of the response; 0 when the handler failed or answers later, in pieces
     * @param time until there was an answer
     */
    public record Answered(Request request, int status, Duration time) {

        /** {@code GET /notes 200 1.3 ms}. */
        @Override
        public String toString() {
            return request + " " + status + " " + Math.round(time.toNanos() / 1e5) / 10.0 + " ms";
        }
    }

    /**
     * Reports each answer:
     *
     * <pre>{@code
     * router.filter(Filters.logging(answered -> log.info(answered.toString())));
     * }</pre>
     */
    public static Filter logging(Consumer<Answered> log) {
        Objects.requireNonNull(log);
        return (request, next) -> {
            long startNs = Clock.SYSTEM.nanoTime();
            int status = 0;
            try {
                Response response = next.answer(request);
                status = response == null || response.isLater() ? 0 : response.status();
                return response;
            } catch (HttpException refusal) {
                status = refusal.status();
                throw refusal;
            } finally {
                Duration time = Duration.ofNanos(Clock.SYSTEM.nanoTime() - startNs);
                log.accept(new Answered(request, status, time));
            }
        };
    }
}
