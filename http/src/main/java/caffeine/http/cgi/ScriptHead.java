package caffeine.http.cgi;

import static caffeine.http.cgi.ScriptResponseParser.violation;

import caffeine.http.FieldList;
import caffeine.http.HopByHop;
import caffeine.http.Status;
import caffeine.http.Syntax;
import caffeine.http.cgi.ScriptResponseParser.Kind;

import org.jspecify.annotations.Nullable;

/**
 * The meaning of a script's field lines, RFC 3875 §6.2 and §6.3. They are added one by one; {@link
 * #complete} decides which of the four responses they make.
 */
final class ScriptHead {
    private static final int FIRST_FINAL_STATUS = 200;
    private static final int MOST_LENGTH_DIGITS = 18;

    private final FieldList fields = new FieldList();
    private int status;
    private @Nullable String reason;
    private @Nullable String location;
    private @Nullable String type;
    private @Nullable String repeated;
    private long contentLength = ScriptResponseParser.NO_LENGTH;

    int status() {
        return status;
    }

    @Nullable String reason() {
        return reason;
    }

    @Nullable String location() {
        return location;
    }

    @Nullable String repeated() {
        return repeated;
    }

    long contentLength() {
        return contentLength;
    }

    FieldList fields() {
        return fields;
    }

    /** Takes a field line that is well-formed. */
    void add(String name, String value) {
        if (name.equalsIgnoreCase("Transfer-Encoding")) {
            throw violation("§6.3.4", "message framing is the server's: " + name);
        }
        if (HopByHop.contains(name) || name.regionMatches(true, 0, "Proxy-", 0, 6)) {
            return;
        }
        if (!isForTheServer(name)) {
            fields.add(name, value);
        } else if (!value.isEmpty()) { // §6.3: an empty one counts as not sent
            addForTheServer(name, value);
        }
    }

    /** The three CGI fields of §6.3, and Content-Length. */
    private static boolean isForTheServer(String name) {
        return switch (name.length()) {
            case 6 -> name.equalsIgnoreCase("Status");
            case 8 -> name.equalsIgnoreCase("Location");
            case 12 -> name.equalsIgnoreCase("Content-Type");
            case 14 -> name.equalsIgnoreCase("Content-Length");
            default -> false;
        };
    }

    private void addForTheServer(String name, String value) {
        switch (name.length()) {
            case 6 -> {
                requireFirst(status == 0, name);
                readStatus(value);
            }
            case 8 -> {
                requireFirst(location == null, name);
                location = value;
                fields.add(name, value);
            }
            case 12 -> {
                if (value.equals(type)) {
                    repeated = name; // frameworks add one of their own to that of the page
                    return;
                }
                requireFirst(type == null, name);
                type = value;
                fields.add(name, value);
            }
            default -> readContentLength(value);
        }
    }

    private static void requireFirst(boolean first, String name) {
        if (!first) {
            throw violation("§6.3", "more than one " + name);
        }
    }

    /**
     * Three digits and, behind a space, perhaps a reason: §6.3.3. An interim status is invalid
     * here.
     */
    private void readStatus(String value) {
        boolean wellFormed = value.length() == 3 || (value.length() > 3 && value.charAt(3) == ' ');
        long code = wellFormed ? digits(value, 3) : -1;
        if (code < FIRST_FINAL_STATUS || code > Status.LAST) {
            throw violation("§6.3.3", "not a final status");
        }
        status = (int) code;
        String phrase = value.substring(3).strip();
        reason = phrase.isEmpty() ? null : phrase;
    }

    private void readContentLength(String value) {
        long length = value.length() > MOST_LENGTH_DIGITS ? -1 : digits(value, value.length());
        if (length < 0) {
            throw violation("§6.3.4", "not a Content-Length");
        }
        if (contentLength != ScriptResponseParser.NO_LENGTH && contentLength != length) {
            throw violation("§6.3.4", "Content-Length of two values");
        }
        contentLength = length;
    }

    /** The empty line has come. */
    Kind complete() {
        boolean decided = status != 0;
        boolean hasFile = fields.contains(ScriptResponseParser.SENDFILE);
        if (!decided && location == null && type == null && !hasFile) {
            throw violation("§6.3", "neither Content-Type nor Location nor Status");
        }
        if (location == null || decided) {
            // With a Status, a Location is passed on: PHP sends 302 and a path, others 201 and the
            // address of the new resource.
            status = decided ? status : 200;
            return location != null && status / 100 == 3 ? Kind.CLIENT_REDIRECT : Kind.DOCUMENT;
        }
        if (isLocal(location)) {
            return Kind.LOCAL_REDIRECT;
        }
        status = 302;
        if (type == null) {
            contentLength = 0;
        }
        return Kind.CLIENT_REDIRECT;
    }

    /**
     * Whether a Location is a path with perhaps a query (local-pathquery, §6.2.2). Two slashes
     * begin the name of another host (RFC 3986 §4.2), and a fragment is the client's to find: these
     * go to the client. Other fields and content beside a local Location must not be there; like
     * other servers we ignore them.
     */
    private static boolean isLocal(String location) {
        if (!location.startsWith("/") || location.startsWith("//") || location.indexOf('#') >= 0) {
            return false;
        }
        for (int i = 0; i < location.length(); i++) {
            if (!Syntax.isTargetChar((byte) location.charAt(i))) {
                throw violation("§6.2.2", "a Location with a character that no path may have");
            }
        }
        return true;
    }

    /** The number that the first {@code count} characters, all digits, make; else -1. */
    static long digits(String text, int count) {
        long number = 0;
        for (int i = 0; i < count; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
