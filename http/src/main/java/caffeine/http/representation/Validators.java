package caffeine.http.representation;

import caffeine.http.Fields;
import caffeine.http.HttpDate;

import java.util.List;
import java.util.OptionalLong;

/**
 * The validators of a representation, and the conditions that a GET or HEAD makes about them (RFC
 * 9110 §8.8, §13).
 *
 * @param entityTag a strong one, with its quotes
 * @param modifiedSecond the date of Last-Modified, in seconds since 1970
 */
public record Validators(String entityTag, long modifiedSecond) {

    /** The outcome of the conditions of a request. */
    public enum Outcome {
        /** Answered as without them. */
        PROCEED,
        /** 304 (Not Modified). */
        NOT_MODIFIED,
        /** 412 (Precondition Failed). */
        FAILED
    }

    /**
     * Evaluates the conditions of a GET or HEAD in the order of RFC 9110 §13.2.2. A condition with
     * a date that is none is ignored; a list with a malformed member matches nothing.
     *
     * @param nowSecond the current time, for years of two digits
     */
    public Outcome evaluate(Fields fields, long nowSecond) {
        if (fields.contains("If-Match")) {
            if (!isListed(fields.all("If-Match"), false)) {
                return Outcome.FAILED;
            }
        } else {
            OptionalLong unmodified = date(fields, "If-Unmodified-Since", nowSecond);
            if (unmodified.isPresent() && modifiedSecond > unmodified.getAsLong()) {
                return Outcome.FAILED;
            }
        }
        if (fields.contains("If-None-Match")) {
            return isListed(fields.all("If-None-Match"), true)
                    ? Outcome.NOT_MODIFIED
                    : Outcome.PROCEED;
        }
        OptionalLong modified = date(fields, "If-Modified-Since", nowSecond);
        return modified.isPresent() && modifiedSecond <= modified.getAsLong()
                ? Outcome.NOT_MODIFIED
                : Outcome.PROCEED;
    }

    /**
     * Whether If-Range allows ranges (RFC 9110 §13.1.5): there is none, or it has this entity tag
     * or exactly this date. A date counts only when it is a strong validator: the representation is
     * older than a second (§8.8.2.2).
     */
    public boolean allowRanges(Fields fields, long nowSecond) {
        List<String> all = fields.all("If-Range");
        if (all.isEmpty()) {
            return true;
        }
        if (all.size() > 1) {
            return false;
        }
        String value = all.getFirst();
        if (value.equals(entityTag)) {
            return true;
        }
        OptionalLong date = HttpDate.parseAny(value, nowSecond);
        return date.isPresent()
                && date.getAsLong() == modifiedSecond
                && modifiedSecond + 1 < nowSecond;
    }

    /** Several lines of a field that has one value are none. */
    private static OptionalLong date(Fields fields, String name, long nowSecond) {
        int first = fields.indexOf(name, 0);
        return first < 0 || fields.indexOf(name, first + 1) >= 0
                ? OptionalLong.empty()
                : HttpDate.parseAny(fields.value(first), nowSecond);
    }

    /**
     * Whether the list has {@code *} or the entity tag.
     *
     * @param weakly whether a weak entity tag with the same characters is the same (§8.8.3.2)
     */
    private boolean isListed(List<String> lines, boolean weakly) {
        if (lines.size() == 1 && lines.getFirst().equals("*")) {
            return true;
        }
        boolean found = false;
        for (String line : lines) {
            int at = 0;
            while (true) {
                at = skip(line, at, true);
                if (at == line.length()) {
                    break;
                }
                boolean weak = line.startsWith("W/", at);
                int open = weak ? at + 2 : at;
                int end = endOfTag(line, open);
                int next = end < 0 ? -1 : skip(line, end, false);
                if (next < 0 || (next < line.length() && line.charAt(next) != ',')) {
                    return false;
                }
                boolean same =
                        end - open == entityTag.length()
                                && line.startsWith(entityTag, open)
                                && (weakly || !weak);
                found |= same;
                at = next;
            }
        }
        return found;
    }

    /** Behind whitespace, and commas: a list may have empty members (RFC 9110 §5.6.1.2). */
    private static int skip(String line, int from, boolean commas) {
        int at = from;
        while (at < line.length()
                && (line.charAt(at) == ' '
                        || line.charAt(at) == '\t'
                        || (commas && line.charAt(at) == ','))) {
            at++;
        }
        return at;
    }

    /**
     * Behind the opaque tag that begins there; -1 without one. A space is allowed in it, which RFC
     * 2616 did, and RFC 9110 does not.
     */
    private static int endOfTag(String line, int open) {
        if (open >= line.length() || line.charAt(open) != '"') {
            return -1;
        }
        for (int at = open + 1; at < line.length(); at++) {
            char c = line.charAt(at);
            if (c == '"') {
                return at + 1;
            }
            if (c < ' ' || c == 0x7f) {
                return -1;
            }
        }
        return -1;
    }
}
