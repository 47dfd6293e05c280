package caffeine.conformance.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.conformance.cases.WrongServer.Answer;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;

/**
 * The proof that the tables' runner notices wrong answers: a server that answers each path wrongly
 * in one way, and a row for each.
 */
class CaseRunnerTest {

    private static final String DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    private static final String CLOSE = "Connection: close\r\n";
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\n" + DATE + "Transfer-Encoding: chunked\r\n\r\n";

    private static final String TAGGED = "ETag: \"v1\"\r\nVary: B, a\r\n";
    private static final String SHA_256_OF_ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /** What the server sends, what the row asks and expects, and the complaint; "" means pass. */
    private record Case(Answer answer, String request, String expect, String complaint) {}

    private static final Map<String, Case> CASES = new LinkedHashMap<>();
    private static WrongServer server;
    private static ExecutorService threads;

    static {
        right("open", ok("x"), "200[body=x] open");
        right("any", ok("x"), "404|200[nofield X-A] any");
        right("chunked", CHUNKED + "1;e=1\r\nx\r\n0\r\nT: v\r\n\r\n", "200[body=x][size 1] open");
        right("head", plain("Content-Length: 9\r\n"), "200[head][nobody] open");
        right("interim", "HTTP/1.1 100 Continue\r\n\r\n" + ok("x"), "100? 200 open");
        right("no-interim", ok("x"), "100? 200 open");
        right("several", ok("1") + ok("2"), "200[line 1] 200[body~2][body!~1][noline 1] open");
        right("second-alternative", ok("y"), "200[body=x]|200[body=y] open");
        right("fields", ok("x", "X-A: b\r\nX-A: c\r\n"), "200[field X-A=B, c][count X-A=2] open");
        right("checks", ok("abc", TAGGED), "200[sha256 " + SHA_256_OF_ABC + "][atmost 3] open");
        right("values", ok("x", TAGGED), "200[strong ETag][match ETag \"v.\"][set Vary=A, b] open");
        right("gunzip", ok(gzip("abc")), "200[gunzip abc] open");
        right("parts", parts("--", "0-1/9=ab", "5-5/9=f"), "206[parts 0-1/9=ab 5-5/9=f] open");
        right("large", ok("x".repeat(3_000_000)), "200[size 3000000] open");
        asked(
                "right-sent-back",
                ok("x", TAGGED),
                "{await}" + get("mirror", "X: {field ETag}") + get("mirror", "X: {field 1 Vary}"),
                "200 200[body=\"v1\"] 200[body=B, a] open",
                "");
        asked(
                "right-same",
                ok("x", TAGGED),
                "{await}" + get("right-values") + get("right-open"),
                "200 200[same ETag 1][same Vary 1] 200[nofield ETag] open",
                "");
        asked("right-differs", ok("x", TAGGED), get("tag"), "200 200[differs ETag 1] open", "");
        asked(
                "right-stall",
                ok("x".repeat(9_000_000)),
                "{stall 100}",
                "200[size 9000000] open",
                "");
        asked(
                "right-await",
                ok("x"),
                "{await}" + get("right-open") + "{await}",
                "100? 200 200 open",
                "");
        row(
                "right-tls",
                new Answer(ok("x"), false),
                "PRELUDE\\r\\n{tls}" + get("right-tls"),
                "200 open",
                "");
        row(
                "right-shutdown",
                new Answer(ok("x"), true, true),
                get("right-shutdown") + "{shutdown}",
                "200 close",
                "");
        rightThenCloses("close", ok("x", CLOSE), "200[field Connection=close] close");
        rightThenCloses("none", "", "400|none close");
        rightThenCloses("to-end", plain("") + "x", "200[line x][version 1.1] close");

        wrong("silent", "", "200 any", "no response in time, connection still open");
        wrong("status", ok("x", "", "404 No"), "200|400 open", "where 200|400 was due");
        wrong("order", ok("2") + ok("1"), "200[body=1] 200[body=2] open", "not [body=1]");
        wrong("one-more", ok("1") + ok("2"), "200 open", "bytes after the last response");
        wrong("one-less", ok("1"), "200 200 any", "no response in time");
        wrong("stays-open", ok("x"), "200 close", "connection still open");
        wrong("says-close", ok("x", CLOSE), "200 any", "still open although the response says");
        wrong("said-close", ok("x", CLOSE), "200 open", "should stay open");
        wrong("head-content", ok("x"), "200[head] open", "bytes after the last response");
        wrong("204-framed", ok("", "", "204 None"), "204 open", "that has no content");
        wrong(
                "framed-twice",
                ok("x", "Transfer-Encoding: chunked\r\n"),
                "200 open",
                "and Transfer-");
        wrong(
                "length-twice",
                ok("x", "Content-Length: 1\r\n"),
                "200 open",
                "Content-Length [1, 1]");
        wrong("chunk", CHUNKED + "1\r\nxy\r\n0\r\n\r\n", "200 any", "chunk data without CRLF");
        wrong("chunk-size", CHUNKED + "0x1\r\nx\r\n0\r\n\r\n", "200 any", "malformed chunk size");
        wrong("chunk-1.0", CHUNKED.replace("1.1", "1.0"), "200 any", "in HTTP/1.0");
        wrong("no-date", ok("x").replace(DATE, ""), "200 open", "Date []");
        wrong("two-dates", ok("x", DATE), "200 open", "malformed: Date");
        wrong("odd-date", ok("x").replace("Nov 1994", "Nov 94"), "200 open", "malformed: Date");
        wrong("bare-lf", ok("x").replace("\r\n", "\n"), "200 open", "does not end in CRLF");
        wrong("field-name", ok("x", "X Y: z\r\n"), "200 open", "malformed field line");
        wrong("field-nul", ok("x", "X-Y: \0\r\n"), "200 open", "malformed field line");
        wrong("status-line", "HTTP/1.1 OK\r\n\r\n", "200 any", "malformed status line");
        wrong("bare-405", ok("x", "", "405 No"), "405 open", "405 without Allow");
        wrong("body", ok("y"), "200[body~x] open", "not [body~x]");
        wrong("body-not", ok("y"), "200[body!~y] open", "not [body!~y]");
        wrong("line", ok("a=10\n"), "200[line a=1] open", "not [line a=1] in 'a=10'");
        wrong("size", ok("xx"), "200[size 1] open", "2 bytes of content");
        wrong("field", ok("x", "X-A: b\r\n"), "200[field X-A=a] open", "X-A: 'b'");
        wrong("field-there", ok("x", "X-A: b\r\n"), "200[nofield X-A] open", "X-A: 'b'");
        wrong("field-not-there", ok("x"), "200[field X-A] open", "no X-A");
        wrong("sha", ok("abd"), "200[sha256 " + SHA_256_OF_ABC + "] open", "content with SHA-256");
        wrong("at-most", ok("abcd"), "200[atmost 3] open", "4 bytes of content");
        wrong("weak", ok("x", "ETag: W/\"v\"\r\n"), "200[strong ETag] open", "ETag: 'W/\"v\"'");
        wrong("bare-tag", ok("x", "ETag: v\r\n"), "200[strong ETag] open", "ETag: 'v'");
        wrong("untagged", ok("x"), "200[strong ETag] open", "no ETag");
        wrong("match", ok("x", "X-A: //b\r\n"), "200[match X-A /b] open", "X-A: '//b'");
        wrong("match-case", ok("x", "X-A: B\r\n"), "200[match X-A b] open", "X-A: 'B'");
        wrong("set", ok("x", "X-A: b\r\n"), "200[set X-A=b, c] open", "X-A: 'b'");
        wrong("gunzip", ok(gzip("abd")), "200[gunzip abc] open", "gzip of 'abd'");
        wrong("gzip", ok("abc"), "200[gunzip abc] open", "no gzip");
        wrong("gzip-cut", ok(cut(gzip("abc"))), "200[gunzip abc] open", "no gzip");
        wrong(
                "parts",
                parts("--", "5-5/9=f", "0-1/9=ab"),
                "206[parts 0-1/9=ab 5-5/9=f] open",
                "parts [bytes 5-5/9='f', bytes 0-1/9='ab']");
        wrong("parts-text", parts("--", "0-1/9=ac"), "206[parts 0-1/9=ab] open", "0-1/9='ac'");
        wrong("parts-end", parts("", "0-1/9=a"), "206[parts 0-1/9=a] open", "last delimiter");
        wrong(
                "parts-range",
                parts("--", "0-1/9=ab").replace("Content-Range", "Content-Ranke"),
                "206[parts 0-1/9=ab] open",
                "malformed part");
        wrong(
                "parts-none",
                ok("ab", "", "206 P"),
                "206[parts 0-1/9=ab] open",
                "no multipart/byteranges");
        asked(
                "wrong-nothing-to-send-back",
                ok("x"),
                "{await}" + get("mirror", "X: {field ETag}"),
                "200 200 open",
                "no ETag in response 1");
        asked(
                "wrong-too-few-to-send-back",
                ok("x"),
                "{await}" + get("mirror", "X: {field 2 ETag}"),
                "200 200 open",
                "response 2 did not come");
        asked(
                "wrong-same",
                ok("x", TAGGED),
                get("right-values"),
                "200 200[differs ETag 1] open",
                "ETag: '\"v1\"'");
        asked(
                "wrong-differs",
                ok("x", TAGGED),
                get("tag"),
                "200 200[same ETag 1] open",
                "ETag: '\"v2\"'");
        asked("wrong-same-as", ok("x", TAGGED), "", "200[same ETag 1] open", "no response 1");
        wrong("count", ok("x", "X-A: b\r\n"), "200[count X-A=2] open", "1 X-A lines");
        wrong("version", ok("x").replace("1.1", "1.0"), "200[version 1.1] open", "version 1.0");
        wrong(
                "interim-unasked",
                "HTTP/1.1 100 Continue\r\n\r\n" + ok("x"),
                "200 open",
                "200 was due");
        wrongThenCloses("content-short", cut(ok("hello")), "200 any", "closed after 'hell'");
        wrongThenCloses("content-long", ok("x") + "y", "200 any", "last response: 'y'");
        wrongThenCloses("closes", ok("x"), "200 open", "should stay open");
        wrongThenCloses("hangs-up", "", "200 any", "closed without response");
        wrongThenCloses("chunks-cut", CHUNKED + "1\r\nx\r\n", "200 any", "chunk size: closed");
    }

    @BeforeAll
    static void start() throws IOException {
        Map<String, Answer> answers = new LinkedHashMap<>();
        CASES.forEach((name, c) -> answers.put(name, c.answer()));
        answers.put("tag", new Answer(ok("x", "ETag: \"v2\"\r\n"), false));
        server = new WrongServer(answers, ok("QUERY_STRING=runner-probe\n"), CaseRunnerTest::ok);
        threads = Executors.newVirtualThreadPerTaskExecutor();
    }

    @AfterAll
    static void stop() throws IOException {
        threads.shutdownNow();
        server.close();
    }

    @TestFactory
    List<DynamicTest> judges() {
        List<DynamicTest> tests = new ArrayList<>();
        CASES.forEach(
                (name, c) -> {
                    Row row = row(name, limit(c) + c.request(), c.expect());
                    Future<Optional<String>> played =
                            threads.submit(() -> Play.of(row, server.address()));
                    tests.add(DynamicTest.dynamicTest(name, () -> judge(c, played.get())));
                });
        return tests;
    }

    /** A row that waits in vain need not wait for long; no other may be judged by its time. */
    private static String limit(Case c) {
        return c.complaint().contains("in time") ? "{timeout 900}" : "";
    }

    private static void judge(Case c, Optional<String> said) {
        if (c.complaint().isEmpty()) {
            assertThat(said).isEmpty();
        } else {
            assertThat(said).get().asString().contains(c.complaint());
        }
    }

    @Test
    void rejectsRowsThatItCannotRead() {
        assertThatThrownBy(() -> row("r", "GET {perhaps}", "200 any"))
                .hasMessageContaining("perhaps");
        assertThatThrownBy(() -> row("r", "GET \\q", "200 any")).hasMessageContaining("escape");
        assertThatThrownBy(() -> row("r", "GET", "200")).hasMessageContaining("must end in");
        assertThatThrownBy(() -> row("r", "GET", "open")).hasMessageContaining("no response");
        assertThatThrownBy(() -> row("r", "GET", "2000 any")).hasMessageContaining("2000");
        assertThatThrownBy(() -> row("r", "GET", "200[sise 4] any")).hasMessageContaining("sise");
        assertThatThrownBy(() -> row("r", "{shutdown}", "200 open")).hasMessageContaining("open");
        assertThatThrownBy(() -> row("r", "{await}{await}", "200 any"))
                .hasMessageContaining("more");
        assertThatThrownBy(() -> row("r", "{field A}", "200 any")).hasMessageContaining("await");
        assertThatThrownBy(() -> row("r", "{tls}{tls}", "200 any")).hasMessageContaining("twice");
        assertThatThrownBy(() -> row("r", "{split 9}", "200 any")).hasMessageContaining("split 9");
        assertThatThrownBy(() -> row("r", "{stall}", "200 any")).hasMessageContaining("number");
        assertThatThrownBy(() -> Row.parse("r\ts\tMUST\tGET", 1)).hasMessageContaining("4 columns");
        assertThatThrownBy(() -> Row.parse("r\ts\tMAY\tGET\t200 any\tx", 1))
                .hasMessageContaining("MAY");
    }

    @Test
    void readsEveryTable() {
        assertThat(Row.readAll(CaseTree.tables(), 80)).hasSizeGreaterThan(500);
    }

    @Test
    void readsRequestsAsTheBytesThatTheyStandFor() {
        Row row = row("r", "a\\r\\n\\t\\0\\\\\\x7b\\xFF{port}{repeat b\\n 3}{split}c", "200 any");
        assertThat(row.steps()).hasSize(3);
        assertThat(row.steps().getFirst())
                .isEqualTo(send(new Step.Piece.Bytes("a\r\n\t\0\\{\u00ff80b\nb\nb\n")));
        assertThat(row.steps().subList(1, 2)).isEqualTo(List.of(new Step.Pause(Step.SPLIT)));
    }

    @Test
    void readsFieldsThatAreSentBack() {
        Row row = row("r", "{timeout 20}{await}a{field A-b}{field 2 C}", "200 any");
        assertThat(row.limit()).contains(Duration.ofMillis(20));
        assertThat(row.steps().getLast())
                .isEqualTo(
                        send(
                                new Step.Piece.Bytes("a"),
                                new Step.Piece.SentBack(0, "A-b"),
                                new Step.Piece.SentBack(2, "C")));
    }

    private static Step send(Step.Piece... pieces) {
        return new Step.Send(List.of(pieces));
    }

    private static Row row(String id, String request, String expect) {
        return Row.parse(String.join("\t", id, "self", "MUST", request, expect, "here"), 80);
    }

    private static String get(String path, String... fields) {
        String all = fields.length == 0 ? "" : String.join("\\r\\n", fields) + "\\r\\n";
        return "GET /" + path + " HTTP/1.1\\r\\n" + all + "\\r\\n";
    }

    private static void row(
            String name, Answer answer, String request, String expect, String complaint) {
        CASES.put(name, new Case(answer, request, expect, complaint));
    }

    /** A row that goes on after its GET. */
    private static void asked(
            String name, String bytes, String more, String expect, String complaint) {
        row(name, new Answer(bytes, false), get(name) + more, expect, complaint);
    }

    private static void right(String name, String bytes, String expect) {
        asked("right-" + name, bytes, "", expect, "");
    }

    private static void rightThenCloses(String name, String bytes, String expect) {
        String id = "right-" + name;
        row(id, new Answer(bytes, true), get(id), expect, "");
    }

    private static void wrong(String name, String bytes, String expect, String complaint) {
        asked("wrong-" + name, bytes, "", expect, complaint);
    }

    private static void wrongThenCloses(
            String name, String bytes, String expect, String complaint) {
        String id = "wrong-" + name;
        row(id, new Answer(bytes, true), get(id), expect, complaint);
    }

    private static String gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** An answer of these parts, {@code 0-1/9=TEXT}; "--" ends it. */
    private static String parts(String end, String... parts) {
        StringBuilder content = new StringBuilder();
        for (String part : parts) {
            String[] sides = part.split("=", -1);
            content.append("\r\n--b b\r\nContent-Type: text/plain\r\nContent-Range: bytes ")
                    .append(sides[0])
                    .append("\r\n\r\n")
                    .append(sides[1]);
        }
        String type = "Content-Type: multipart/byteranges; boundary=\"b b\"\r\n";
        return ok(content + "\r\n--b b" + end + "\r\n", type, "206 Partial");
    }

    private static String ok(String content) {
        return ok(content, "");
    }

    private static String ok(String content, String fields) {
        return ok(content, fields, "200 OK");
    }

    private static String ok(String content, String fields, String status) {
        String length = "Content-Length: " + content.length() + "\r\n\r\n";
        return "HTTP/1.1 " + status + "\r\n" + DATE + fields + length + content;
    }

    private static String plain(String fields) {
        return "HTTP/1.1 200 OK\r\n" + DATE + fields + "\r\n";
    }

    private static String cut(String bytes) {
        return bytes.substring(0, bytes.length() - 1);
    }
}
