package caffeine.conformance.cases;

import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Text;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One check behind a response of the expect column, such as {@code [body~hello]}. */
record Check(Kind kind, String argument) {

    enum Kind {
        HEAD("head"),
        NOBODY("nobody"),
        BODY_HAS("body~"),
        BODY_LACKS("body!~"),
        BODY_IS("body="),
        LINE("line "),
        NO_LINE("noline "),
        FIELD("field "),
        NO_FIELD("nofield "),
        COUNT("count "),
        SIZE("size "),
        VERSION("version ");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        private boolean fits(String text) {
            boolean alone = this == HEAD || this == NOBODY;
            return alone ? text.equals(prefix) : text.startsWith(prefix) && !text.equals(prefix);
        }
    }

    private static final Pattern FIELD = Pattern.compile("([^=~]+)(?:([=~])(.*))?");
    private static final int SHOWN = 160;

    /** Reads what stands between the brackets. */
    static Check parse(String text) {
        for (Kind kind : Kind.values()) {
            if (kind.fits(text)) {
                return new Check(kind, text.substring(kind.prefix.length()));
            }
        }
        throw new TableException("unknown check [" + text + "]");
    }

    /** Empty when the check holds, else what is wrong. */
    Optional<String> complaint(Response r) {
        return switch (kind) {
            case HEAD -> Optional.empty();
            case NOBODY -> unless(r.text().length() == 0, sizeOf(r));
            case SIZE -> unless(r.text().length() == Integer.parseInt(argument), sizeOf(r));
            case VERSION -> unless(r.version().equals(argument), "version " + r.version());
            case COUNT -> count(r);
            case FIELD -> field(r);
            case NO_FIELD -> unless(r.all(argument).isEmpty(), argument + ": " + joined(r));
            case BODY_HAS -> unless(r.text().contains(Escapes.undo(argument)), content(r));
            case BODY_LACKS -> unless(!r.text().contains(Escapes.undo(argument)), content(r));
            case BODY_IS -> unless(r.text().equals(Escapes.undo(argument)), content(r));
            case LINE -> unless(r.hasLine(Escapes.undo(argument)), content(r));
            case NO_LINE -> unless(!r.hasLine(Escapes.undo(argument)), content(r));
        };
    }

    private Optional<String> count(Response r) {
        int equals = argument.indexOf('=');
        String name = argument.substring(0, equals);
        int found = r.all(name).size();
        int due = Integer.parseInt(argument.substring(equals + 1));
        return unless(found == due, found + " " + name + " lines");
    }

    private Optional<String> field(Response r) {
        Matcher matcher = FIELD.matcher(argument);
        if (!matcher.matches()) {
            throw new TableException("unknown check [field " + argument + "]");
        }
        String name = matcher.group(1);
        if (r.all(name).isEmpty()) {
            return Optional.of("no " + name);
        }
        if (matcher.group(2) == null) {
            return Optional.empty();
        }
        String value = r.field(name).toLowerCase(Locale.ROOT);
        String want = Escapes.undo(matcher.group(3)).toLowerCase(Locale.ROOT);
        boolean holds = matcher.group(2).equals("=") ? value.equals(want) : value.contains(want);
        return unless(holds, name + ": " + Text.quote(value));
    }

    private String joined(Response r) {
        return Text.quote(r.field(argument));
    }

    private static String sizeOf(Response r) {
        return r.text().length() + " bytes of content";
    }

    /** For a line that is not there, the lines that begin alike; else the first bytes. */
    private String content(Response r) {
        List<String> near = List.of();
        if (kind == Kind.LINE) {
            String key = argument.replaceFirst("=.*", "");
            near = r.text().lines().filter(line -> line.startsWith(key)).toList();
        }
        String shown = near.isEmpty() ? r.text() : String.join(" / ", near);
        String start = shown.substring(0, Math.min(SHOWN, shown.length()));
        return "not [" + kind.prefix + argument + "] in " + Text.quote(start);
    }

    private static Optional<String> unless(boolean holds, String complaint) {
        return holds ? Optional.empty() : Optional.of(complaint);
    }
}
