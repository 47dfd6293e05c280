package caffeine.conformance.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.conformance.cases.WrongServer.Answer;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The proof that the tables' runner notices wrong answers: a server that answers each path wrongly
 * in one way, and a row for each.
 */
class CaseRunnerTest {

    private static final String DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    private static final String CLOSE = "Connection: close\r\n";
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\n" + DATE + "Transfer-Encoding: chunked\r\n\r\n";

    /** What the server sends, whether it closes, what is due, and the complaint; "" means pass. */
    private record Case(String bytes, boolean closes, String expect, String complaint) {}

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
        CASES.forEach((name, c) -> answers.put(name, new Answer(c.bytes(), c.closes())));
        server = new WrongServer(answers, ok("QUERY_STRING=runner-probe\n"));
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
                    Row row = row(name, "GET /" + name + " HTTP/1.1\\r\\n\\r\\n", c.expect());
                    Future<Optional<String>> played =
                            threads.submit(() -> Play.of(row, server.address()));
                    tests.add(DynamicTest.dynamicTest(name, () -> judge(c, played.get())));
                });
        return tests;
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
        assertThatThrownBy(() -> Row.parse("r\ts\tMUST\tGET", 1, Duration.ZERO))
                .hasMessageContaining("4 columns");
        assertThatThrownBy(() -> Row.parse("r\ts\tMAY\tGET\t200 any\tx", 1, Duration.ZERO))
                .hasMessageContaining("MAY");
    }

    @Test
    void readsEveryTable() {
        assertThat(Row.readAll(CaseTree.tables(), 80, Duration.ZERO)).hasSizeGreaterThan(500);
    }

    @Test
    void readsRequestsAsTheBytesThatTheyStandFor() {
        Row row = row("r", "a\\r\\n\\t\\0\\\\\\x7b\\xFF{port}{repeat b\\n 3}{split}c", "200 any");
        assertThat(row.steps()).hasSize(3);
        assertThat(((Step.Send) row.steps().getFirst()).bytes())
                .isEqualTo("a\r\n\t\0\\{\u00ff80b\nb\nb\n");
        assertThat(row.steps().subList(1, 2)).isEqualTo(List.of(new Step.Pause(Step.SPLIT)));
    }

    private static Row row(String id, String request, String expect) {
        String line = String.join("\t", id, "self", "MUST", request, expect, "here");
        return Row.parse(line, 80, Duration.ofMillis(1500));
    }

    private static void right(String name, String bytes, String expect) {
        CASES.put("right-" + name, new Case(bytes, false, expect, ""));
    }

    private static void rightThenCloses(String name, String bytes, String expect) {
        CASES.put("right-" + name, new Case(bytes, true, expect, ""));
    }

    private static void wrong(String name, String bytes, String expect, String complaint) {
        CASES.put("wrong-" + name, new Case(bytes, false, expect, complaint));
    }

    private static void wrongThenCloses(
            String name, String bytes, String expect, String complaint) {
        CASES.put("wrong-" + name, new Case(bytes, true, expect, complaint));
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
