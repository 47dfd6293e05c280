package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestPath;
import caffeine.http.RequestTarget.Form;
import caffeine.http.h1.HeadParser;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A request target, and its path taken apart. */
class RequestPathFuzzTest {
    private static final Pattern TRIPLE = Pattern.compile("%([0-9A-Fa-f]{2})");

    @FuzzTest
    void target(byte[] data) {
        anyText(Pieces.latin1(data));
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        byte[] b = Pieces.bytes("GET " + Pieces.latin1(data) + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
        try {
            int end = parser.parse(b, 0, b.length);
            if (!parser.isComplete() || end < b.length) {
                return; // the target held a line end
            }
        } catch (HttpException _) {
            return;
        }
        var target = parser.head().target();
        if (target.form() == Form.ORIGIN) {
            String text = Pieces.latin1(data);
            int query = text.indexOf('?');
            String path = query < 0 ? text : text.substring(0, query);
            requireEqual(path, target.rawPath(), "path");
            String expected = query < 0 ? "none" : text.substring(query + 1);
            String rawQuery = target.rawQuery();
            requireEqual(expected, rawQuery == null ? "none" : rawQuery, "query");
        }
        judge(target.rawPath());
    }

    /** Whatever it is given, it throws nothing else. */
    private static void anyText(String text) {
        try {
            require(RequestPath.of(text).toString().startsWith("/"), "no slash: " + text);
        } catch (HttpException e) {
            requireEqual(400, e.status(), "status");
        }
    }

    private static void judge(String rawPath) {
        List<String> expected = segments(rawPath);
        try {
            RequestPath path = RequestPath.of(rawPath);
            require(expected != null, "accepted: " + rawPath);
            String text = path.toString();
            requireEqual("/" + String.join("/", Objects.requireNonNull(expected)), text, rawPath);
            text(path, expected);
            requireEqual(text.endsWith("/"), path.endsInSlash(), "slash at the end");
            requireEqual(text, removeDotSegments(decode(rawPath)), "RFC 3986 §5.2.4");
            for (int i = 0; i <= expected.size(); i++) {
                require(text.endsWith(path.tail(i)), "tail " + i);
            }
        } catch (HttpException e) {
            requireEqual(400, e.status(), "status");
            require(expected == null, "refused: " + rawPath + ": " + e);
        }
    }

    /** The same as text: what is not UTF-8 is refused. */
    private static void text(RequestPath path, List<String> octets) {
        List<String> texts =
                octets.stream()
                        .map(each -> new String(Pieces.bytes(each), StandardCharsets.UTF_8))
                        .toList();
        boolean isUtf8 = true;
        for (int i = 0; i < texts.size(); i++) {
            byte[] back = texts.get(i).getBytes(StandardCharsets.UTF_8);
            isUtf8 &= Pieces.latin1(back).equals(octets.get(i));
        }
        try {
            requireEqual(texts, path.segments(), "text");
            require(isUtf8, "text that is not UTF-8");
        } catch (HttpException e) {
            requireEqual(400, e.status(), "status");
            require(!isUtf8, "text refused: " + texts);
        }
    }

    /** The path that a walk through folders ends at; null when there is none. */
    private static @Nullable List<String> segments(String rawPath) {
        if (!rawPath.startsWith("/") || rawPath.matches(".*%(?:00|2[fF]|(?![0-9A-Fa-f]{2})).*")) {
            return null;
        }
        List<String> walked = new ArrayList<>();
        String[] parts = rawPath.substring(1).split("/", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = decode(parts[i]);
            if (part.equals("..")) {
                if (walked.stream().allMatch(String::isEmpty)) {
                    return null;
                }
                walked.removeLast();
            } else if (!part.equals(".")) {
                walked.add(part);
            }
            if (i == parts.length - 1 && (part.equals(".") || part.equals(".."))) {
                walked.add("");
            }
        }
        return walked;
    }

    private static String decode(String text) {
        return TRIPLE.matcher(text)
                .replaceAll(
                        m ->
                                Matcher.quoteReplacement(
                                        (char) Integer.parseInt(m.group(1), 16) + ""));
    }

    /** RFC 3986 §5.2.4, step by step. */
    private static String removeDotSegments(String path) {
        String input = path;
        String output = "";
        while (!input.isEmpty()) {
            if (input.startsWith("/./")) {
                input = input.substring(2);
            } else if (input.equals("/.")) {
                input = "/";
            } else if (input.startsWith("/../")) {
                input = input.substring(3);
                output = output.substring(0, Math.max(0, output.lastIndexOf('/')));
            } else if (input.equals("/..")) {
                input = "/";
                output = output.substring(0, Math.max(0, output.lastIndexOf('/')));
            } else {
                int next = input.indexOf('/', 1);
                int end = next < 0 ? input.length() : next;
                output += input.substring(0, end);
                input = input.substring(end);
            }
        }
        return output;
    }
}
