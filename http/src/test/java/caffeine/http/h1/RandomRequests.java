package caffeine.http.h1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Requests that are valid, and otherwise as strange as can be. */
final class RandomRequests {
    private static final String TOKEN_CHARS =
            "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private final RandomGenerator random;

    RandomRequests(RandomGenerator random) {
        this.random = random;
    }

    /** A head that must be accepted. */
    String head() {
        StringBuilder text = new StringBuilder("\r\n".repeat(random.nextInt(3)));
        text.append(method()).append(' ').append(target()).append(" HTTP/1.");
        text.append(random.nextInt(10)).append("\r\n");
        List<String> lines = new ArrayList<>();
        lines.add(anyCase("host") + ":" + whitespace() + oneOf("x.test", "[::1]:80", "a_b:"));
        for (int i = random.nextInt(20); i > 0; i--) {
            lines.add("X" + token() + ":" + whitespace() + value());
        }
        if (random.nextBoolean()) {
            lines.add(anyCase("connection") + ":" + oneOf("close", "keep-alive, x", " , ", ""));
        }
        if (random.nextBoolean()) {
            lines.add(anyCase("expect") + ": " + oneOf("100-continue", "x", ""));
        }
        if (random.nextBoolean()) {
            lines.add(anyCase("content-length") + ": " + random.nextInt(1 << 20));
        }
        while (!lines.isEmpty()) {
            text.append(lines.remove(random.nextInt(lines.size()))).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    /** That content, in chunks. */
    String chunked(String content) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < content.length()) {
            int end = at + 1 + random.nextInt(Math.min(content.length() - at, 300));
            size(text, end - at);
            text.append(content, at, end).append("\r\n");
            at = end;
        }
        size(text, 0);
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(token()).append(':').append(whitespace()).append(value()).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    /** Any bytes. */
    String bytes(int length) {
        StringBuilder text = new StringBuilder(length);
        while (text.length() < length) {
            text.append((char) random.nextInt(256));
        }
        return text.toString();
    }

    /** The text with some bytes changed, left out or doubled: nearly right. */
    String damaged(String text) {
        StringBuilder damaged = new StringBuilder(text);
        for (int i = 1 + random.nextInt(3); i > 0 && !damaged.isEmpty(); i--) {
            int at = random.nextInt(damaged.length());
            switch (random.nextInt(4)) {
                case 0 -> damaged.deleteCharAt(at);
                case 1 -> damaged.setCharAt(at, (char) random.nextInt(256));
                case 2 ->
                        damaged.insert(
                                at, oneOf("\r", "\n", "\r\n", " ", "\t", "\0", ":", ",", "%"));
                default -> damaged.insert(at, damaged.charAt(at));
            }
        }
        return damaged.toString();
    }

    private void size(StringBuilder text, int size) {
        String digits = "0".repeat(random.nextInt(3)) + Integer.toHexString(size);
        text.append(random.nextBoolean() ? digits : digits.toUpperCase(Locale.ROOT));
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(whitespace()).append(';').append(whitespace()).append(token());
            if (random.nextBoolean()) {
                text.append(whitespace()).append('=').append(whitespace());
                text.append(random.nextBoolean() ? token() : "\"a\\\"; \t\u00e9\"");
            }
        }
        text.append("\r\n");
    }

    private String method() {
        return random.nextBoolean() ? oneOf("GET", "POST", "HEAD", "OPTIONS") : "X" + token();
    }

    private String target() {
        String path =
                "/" + token().replace("%", "%41").replace("#", "") + oneOf("", "/", "?", "?%");
        return oneOf("", "http://x.test", "HTTP://[::1]:8080") + path;
    }

    private String token() {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            text.append(TOKEN_CHARS.charAt(random.nextInt(TOKEN_CHARS.length())));
        }
        return text.toString();
    }

    private String value() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            int c = ' ' + random.nextInt(256 - ' ');
            text.append(c == 0x7F ? '\t' : (char) c);
        }
        return text.toString();
    }

    private String whitespace() {
        return oneOf("", "", " ", "\t", "  ");
    }

    private String anyCase(String name) {
        StringBuilder text = new StringBuilder(name);
        for (int i = 0; i < text.length(); i++) {
            if (random.nextBoolean()) {
                text.setCharAt(i, Character.toUpperCase(text.charAt(i)));
            }
        }
        return text.toString();
    }

    private String oneOf(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
