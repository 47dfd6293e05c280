package caffeine.conformance.cases;

import caffeine.conformance.harness.Response;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One response that is due.
 *
 * @param optional whether it may be missing
 */
record Expectation(boolean optional, List<Alternative> alternatives) {

    /** A status, or none at all (the server closes without an answer), and checks for it. */
    record Alternative(OptionalInt status, List<Check> checks) {

        private boolean isHead() {
            return checks.stream().anyMatch(check -> check.kind() == Check.Kind.HEAD);
        }

        private Optional<String> complaint(Response response, List<Response> earlier) {
            List<String> all =
                    checks.stream()
                            .map(c -> c.complaint(response, earlier))
                            .flatMap(Optional::stream)
                            .toList();
            return all.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", all));
        }

        @Override
        public String toString() {
            return status.isPresent() ? Integer.toString(status.getAsInt()) : "none";
        }
    }

    private static final Pattern ALTERNATIVE = Pattern.compile("(?:\\[[^\\]]*\\]|[^|\\[\\]])+");
    private static final Pattern PARTS = Pattern.compile("([1-9]\\d\\d|none)((?:\\[[^\\]]*\\])*)");
    private static final Pattern BRACKETS = Pattern.compile("\\[([^\\]]*)\\]");

    /** Reads one word of the expect column: {@code 404|200[body=x]?}. */
    static Expectation parse(String word) {
        boolean optional = word.endsWith("?");
        String text = optional ? word.substring(0, word.length() - 1) : word;
        List<Alternative> alternatives = new ArrayList<>();
        Matcher each = ALTERNATIVE.matcher(text);
        while (each.find()) {
            alternatives.add(alternative(each.group()));
        }
        return new Expectation(optional, List.copyOf(alternatives));
    }

    private static Alternative alternative(String text) {
        Matcher parts = PARTS.matcher(text);
        if (!parts.matches()) {
            throw new TableException("cannot read expectation " + text);
        }
        List<Check> checks =
                BRACKETS.matcher(parts.group(2))
                        .results()
                        .map(result -> Check.parse(result.group(1)))
                        .toList();
        OptionalInt status =
                parts.group(1).equals("none")
                        ? OptionalInt.empty()
                        : OptionalInt.of(Integer.parseInt(parts.group(1)));
        return new Alternative(status, checks);
    }

    boolean allowsNone() {
        return alternatives.stream().anyMatch(a -> a.status().isEmpty());
    }

    boolean fits(int status) {
        return !fitting(status).isEmpty();
    }

    /** Whether a response of this status answers HEAD, and so ends with its field section. */
    boolean endsWithHead(int status) {
        List<Alternative> about = fits(status) ? fitting(status) : alternatives;
        return about.stream().anyMatch(Alternative::isHead);
    }

    /**
     * Empty when an alternative of its status holds whole; else what is wrong with the first.
     *
     * @param earlier the responses that came before it
     */
    Optional<String> complaint(Response response, List<Response> earlier) {
        List<Optional<String>> complaints =
                fitting(response.status()).stream()
                        .map(a -> a.complaint(response, earlier))
                        .toList();
        boolean good = complaints.stream().anyMatch(Optional::isEmpty);
        return good ? Optional.empty() : complaints.getFirst();
    }

    private List<Alternative> fitting(int status) {
        return alternatives.stream()
                .filter(a -> a.status().isPresent() && a.status().getAsInt() == status)
                .toList();
    }

    @Override
    public String toString() {
        return alternatives.stream().map(Alternative::toString).collect(Collectors.joining("|"));
    }
}
