package caffeine.bench.soak;

import static caffeine.bench.soak.Question.latin1;

import caffeine.bench.soak.Question.Kind;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes requests, one after the other, as a seed has it. */
final class Questions {
    private static final String OK = "HTTP/1.1 200 OK";
    private static final int KIB = 1024;
    private static final int MIB = KIB * KIB;
    private static final byte[] NOTHING = {};

    private final RandomGenerator random;
    private final int client;
    private final boolean python;
    private int made;

    /**
     * Requests of one client.
     *
     * @param client its number, which stands in all that it asks
     * @param python whether there is a Python
     */
    Questions(RandomGenerator random, int client, boolean python) {
        this.random = random;
        this.client = client;
        this.python = python;
    }

    /** Any request for which the connection may stay open. */
    Question context(int mostContent) {
        int dice = random.nextInt(100);
        if (dice < 40) {
            return script(Kind.CGI, 0, mostContent, false);
        }
        if (dice < 58) {
            return script(Kind.CGI_LENGTH, size(mostContent), mostContent, false);
        }
        if (dice < 76) {
            return script(Kind.CGI_CHUNKED, size(mostContent), mostContent, false);
        }
        if (dice < 90) {
            return shell(Kind.CGI_SHELL, false);
        }
        if (dice < 94 && python) {
            return python(size(mostContent), false);
        }
        return missing(false);
    }

    /** Any request after which the connection ends. */
    Question closing(int mostContent) {
        int dice = random.nextInt(100);
        if (dice < 30) {
            return script(Kind.DIRECT, 0, mostContent, true);
        }
        if (dice < 45) {
            return script(Kind.DIRECT_LENGTH, size(mostContent), mostContent, true);
        }
        if (dice < 60) {
            return script(Kind.DIRECT_CHUNKED, size(mostContent), mostContent, true);
        }
        if (dice < 70) {
            return shell(Kind.DIRECT_SHELL, true);
        }
        if (dice < 80) {
            return script(Kind.CGI, 0, mostContent, true);
        }
        if (dice < 88) {
            return script(Kind.CGI_LENGTH, size(mostContent), mostContent, true);
        }
        if (dice < 92) {
            return shell(Kind.CGI_SHELL, true);
        }
        return dice < 96 ? missing(true) : refused();
    }

    /** A request for a long answer. */
    Question large(int least, int most) {
        return script(
                random.nextBoolean() ? Kind.CGI : Kind.DIRECT,
                NOTHING,
                random.nextInt(least, most),
                0,
                true);
    }

    /** A request whose script takes its time in the middle of its answer. */
    Question lingering(int ms) {
        return script(random.nextBoolean() ? Kind.CGI : Kind.DIRECT, NOTHING, MIB, ms, true);
    }

    /** A request with much content. */
    Question upload(int most) {
        Kind[] kinds = {Kind.CGI_LENGTH, Kind.CGI_CHUNKED, Kind.DIRECT_LENGTH, Kind.DIRECT_CHUNKED};
        byte[] content = Noise.of(seed(), random.nextInt(1, most));
        return script(kinds[random.nextInt(kinds.length)], content, 0, 0, true);
    }

    /** A request to the server that answers without scripts. */
    Question hello(boolean close) {
        return new Question(
                Kind.HELLO,
                head("GET", "/" + token(), close, ""),
                NOTHING,
                OK,
                fields(close, "Content-Length: 13", "Content-Type: text/plain"),
                latin1("Hello, World!"),
                close);
    }

    private Question script(Kind kind, int contentBytes, int mostAnswer, boolean close) {
        byte[] content = contentBytes == 0 ? NOTHING : Noise.of(seed(), contentBytes);
        return script(kind, content, size(mostAnswer), 0, close);
    }

    private Question script(
            Kind kind, byte[] content, int answerBytes, int pauseMs, boolean close) {
        boolean withContent = kind != Kind.CGI && kind != Kind.DIRECT;
        boolean chunked = kind == Kind.CGI_CHUNKED || kind == Kind.DIRECT_CHUNKED;
        boolean framed = kind.isDirect() || random.nextBoolean();
        String token = token();
        String method = withContent ? (random.nextBoolean() ? "POST" : "PUT") : "GET";
        long seed = seed();
        String target =
                "%ssoak?%s.%d.%d.%d.%d"
                        .formatted(
                                kind.isDirect() ? "/nph-" : "/cgi-bin/",
                                token,
                                answerBytes,
                                seed,
                                pauseMs,
                                framed ? 1 : 0);
        String line =
                "%s %s %s %d %s\n"
                        .formatted(
                                token,
                                method,
                                withContent ? Integer.toString(content.length) : "-",
                                content.length,
                                Noise.hash(content));
        byte[] answer = joined(latin1(line), Noise.of(seed, answerBytes));
        String framing =
                !withContent
                        ? ""
                        : chunked
                                ? "Transfer-Encoding: chunked\r\n"
                                : "Content-Length: " + content.length + "\r\n";
        return new Question(
                kind,
                head(method, target, close && !kind.isDirect(), framing),
                chunked ? Question.chunked(content, random.nextInt(1, 40_000)) : content,
                OK,
                fields(
                        close || kind.isDirect(),
                        framed ? "Content-Length: " + answer.length : "Transfer-Encoding: chunked",
                        "Content-Type: application/octet-stream",
                        "X-Token: " + token),
                answer,
                close || kind.isDirect());
    }

    private Question shell(Kind kind, boolean close) {
        String token = token();
        byte[] answer = latin1("shell " + token + "\n");
        return new Question(
                kind,
                head(
                        "GET",
                        (kind.isDirect() ? "/nph-" : "/cgi-bin/") + "shell?" + token,
                        close && !kind.isDirect(),
                        ""),
                NOTHING,
                OK,
                fields(
                        close,
                        kind.isDirect()
                                ? "Content-Length: " + answer.length
                                : "Transfer-Encoding: chunked",
                        "Content-Type: text/plain"),
                answer,
                close);
    }

    private Question python(int contentBytes, boolean close) {
        String token = token();
        byte[] content = Noise.of(seed(), contentBytes);
        return new Question(
                Kind.CGI_PYTHON,
                head(
                        "POST",
                        "/cgi-bin/python?" + token,
                        close,
                        "Content-Length: " + content.length + "\r\n"),
                content,
                OK,
                fields(close, "Content-Type: text/plain", "Transfer-Encoding: chunked"),
                latin1("%s %d %s\n".formatted(token, content.length, sha256(content))),
                close);
    }

    private Question missing(boolean close) {
        return error(
                Kind.MISSING,
                head("GET", "/cgi-bin/missing-" + token(), close, ""),
                "404 Not Found",
                close);
    }

    /** Without Host: RFC 9112 §3.2. */
    private Question refused() {
        return error(
                Kind.REFUSED,
                "GET /cgi-bin/soak?" + token() + " HTTP/1.1\r\n\r\n",
                "400 Bad Request",
                true);
    }

    private static Question error(Kind kind, String head, String status, boolean close) {
        byte[] content = latin1(status + "\n");
        return new Question(
                kind,
                head,
                NOTHING,
                "HTTP/1.1 " + status,
                fields(
                        close,
                        "Content-Length: " + content.length,
                        "Content-Type: text/plain; charset=utf-8",
                        "X-Content-Type-Options: nosniff"),
                content,
                close);
    }

    private static String head(String method, String target, boolean close, String more) {
        return "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n"
                .formatted(method, target, close ? "Connection: close\r\n" : "", more);
    }

    private static List<String> fields(boolean close, String... others) {
        String[] all = close ? Arrays.copyOf(others, others.length + 1) : others;
        if (close) {
            all[others.length] = "Connection: close";
        }
        Arrays.sort(all, String.CASE_INSENSITIVE_ORDER);
        return List.of(all);
    }

    /** Mostly little, sometimes more than what is kept in memory. */
    private int size(int most) {
        int dice = random.nextInt(100);
        int limit = dice < 50 ? 200 : dice < 80 ? 16 * KIB : dice < 95 ? 256 * KIB : 3 * MIB;
        return random.nextInt(Math.min(limit, most));
    }

    private long seed() {
        return random.nextLong(1, Long.MAX_VALUE);
    }

    private String token() {
        return "c%dr%d".formatted(client, ++made);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
