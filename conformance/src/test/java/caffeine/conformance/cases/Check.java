package caffeine.conformance.cases;

import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Text;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

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
        SHA_256("sha256 "),
        GUNZIP("gunzip "),
        PARTS("parts "),
        FIELD("field "),
        NO_FIELD("nofield "),
        COUNT("count "),
        MATCH("match "),
        SET("set "),
        STRONG("strong "),
        SAME("same "),
        DIFFERS("differs "),
        SIZE("size "),
        AT_MOST("atmost "),
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
    private static final Pattern STRONG_TAG = Pattern.compile("\"[!#-~\\x80-\\xff]*\"");
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

    /**
     * Empty when the check holds, else what is wrong.
     *
     * @param earlier the responses that came before it
     */
    Optional<String> complaint(Response r, List<Response> earlier) {
        return switch (kind) {
            case HEAD -> Optional.empty();
            case NOBODY -> unless(r.text().length() == 0, sizeOf(r));
            case SIZE -> unless(r.text().length() == Integer.parseInt(argument), sizeOf(r));
            case AT_MOST -> unless(r.text().length() <= Integer.parseInt(argument), sizeOf(r));
            case SHA_256 -> sha256(r);
            case GUNZIP -> gunzip(r);
            case PARTS -> Parts.complaint(r, argument);
            case MATCH, SET, STRONG, SAME, DIFFERS -> value(r, earlier);
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

    /** The checks that need the field to be there and then look at all of its value. */
    private Optional<String> value(Response r, List<Response> earlier) {
        String[] words = argument.split(kind == Kind.SET ? "=" : " ", 2);
        String name = words[0];
        String rest = words.length > 1 ? words[1] : "";
        if (r.all(name).isEmpty()) {
            return Optional.of("no " + name);
        }
        if (kind == Kind.SAME || kind == Kind.DIFFERS) {
            return comparison(r, earlier, name, Integer.parseInt(rest));
        }
        String value = r.field(name);
        boolean holds =
                switch (kind) {
                    case MATCH -> value.matches(Escapes.undo(rest));
                    case SET -> members(value).equals(members(rest));
                    default -> STRONG_TAG.matcher(value).matches();
                };
        return unless(holds, name + ": " + Text.quote(value));
    }

    private Optional<String> comparison(
            Response r, List<Response> earlier, String name, int number) {
        if (number > earlier.size()) {
            return Optional.of("there is no response " + number);
        }
        boolean same = r.field(name).equals(earlier.get(number - 1).field(name));
        return unless(same == (kind == Kind.SAME), name + ": " + Text.quote(r.field(name)));
    }

    private static Set<String> members(String list) {
        return Arrays.stream(list.toLowerCase(Locale.ROOT).split(",", -1))
                .map(String::strip)
                .collect(Collectors.toSet());
    }

    private Optional<String> sha256(Response r) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes(r));
            String hex = HexFormat.of().formatHex(digest);
            return unless(hex.equals(argument), sizeOf(r) + " with SHA-256 " + hex);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    private Optional<String> gunzip(Response r) {
        try (var gzip = new GZIPInputStream(new ByteArrayInputStream(bytes(r)))) {
            String plain = new String(gzip.readAllBytes(), StandardCharsets.ISO_8859_1);
            return unless(
                    plain.contains(Escapes.undo(argument)), "gzip of " + Text.quote(start(plain)));
        } catch (IOException e) {
            return Optional.of("no gzip (" + e.getMessage() + "): " + Text.quote(start(r.text())));
        }
    }

    private static byte[] bytes(Response r) {
        return r.text().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String start(String text) {
        return text.substring(0, Math.min(SHOWN, text.length()));
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
        return "not [" + kind.prefix + argument + "] in " + Text.quote(start(shown));
    }

    private static Optional<String> unless(boolean holds, String complaint) {
        return holds ? Optional.empty() : Optional.of(complaint);
    }
}
