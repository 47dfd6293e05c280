package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A Chromium without a window, which {@code chromedriver} drives: the few commands of W3C WebDriver
 * that a test of a page needs.
 */
public final class Browser implements AutoCloseable {

    /** The start of a browser is the largest program of all tests. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final String[] OPTIONS = {
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run"
    };

    private static final Pattern STARTED = Pattern.compile("started successfully on port (\\d+)");
    private static final Pattern SESSION = Pattern.compile("\"sessionId\":\"([^\"]+)\"");
    private static final Pattern ELEMENT = Pattern.compile("\"element-[^\"]*\":\"([^\"]+)\"");
    private static final Pattern VALUE = Pattern.compile("\"value\":\"([^\"]*)\"");

    private final Tree profile = new Tree();
    private final Process driver;
    private final Output log;
    private final HttpClient client = HttpClient.newHttpClient();
    private String base = "";

    /** Starts one, with an empty profile; skips the test when there is none. */
    public Browser() {
        Run.needs("chromedriver", "chromium-driver");
        Run.needs("chromium", "chromium");
        driver = launch();
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
        log = new Output("chromedriver", driver.getInputStream());
        try {
            begin();
        } catch (AssertionError e) {
            close();
            throw new AssertionError(e.getMessage() + "\nchromedriver:\n  " + log.tail(), e);
        }
    }

    private Process launch() {
        ProcessBuilder builder = new ProcessBuilder("chromedriver", "--port=0");
        builder.environment().put("HOME", profile.root().toString());
        builder.environment().put("TMPDIR", profile.root().toString());
        try {
            Process started = builder.redirectErrorStream(true).start();
            started.getOutputStream().close();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void begin() {
        String port = found(STARTED, log.await(STARTED.pattern(), PATIENCE));
        base = "http://127.0.0.1:" + port + "/session";
        List<String> options = new ArrayList<>(List.of(OPTIONS));
        options.add("--user-data-dir=" + profile.resolve("profile"));
        String words = options.stream().map(Browser::quoted).collect(Collectors.joining(","));
        String answer =
                post(
                        "",
                        "{\"capabilities\":{\"alwaysMatch\":{\"goog:chromeOptions\":{\"args\":["
                                + words
                                + "]}}}}");
        base += "/" + found(SESSION, answer);
    }

    /** Opens a page, and waits until it is loaded. */
    public void open(String url) {
        post("/url", "{\"url\":" + quoted(url) + "}");
    }

    /** Types text into an element; a line end is the Enter key. */
    public void type(String selector, String text) {
        String answer =
                post("/element", "{\"using\":\"css selector\",\"value\":" + quoted(selector) + "}");
        post("/element/" + found(ELEMENT, answer) + "/value", "{\"text\":" + quoted(text) + "}");
    }

    /** Runs a script in the page: the value of this expression, as text. */
    public String value(String expression) {
        String script = "return encodeURIComponent(" + expression + ")";
        String answer = post("/execute/sync", "{\"script\":" + quoted(script) + ",\"args\":[]}");
        return URLDecoder.decode(found(VALUE, answer).replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Runs statements in the page. */
    public void run(String statements) {
        post("/execute/sync", "{\"script\":" + quoted(statements) + ",\"args\":[]}");
    }

    /** Waits until an expression has this value in the page. */
    public void awaitValue(String expression, String due) {
        Await.until(expression + " is " + due, PATIENCE, () -> value(expression).equals(due));
    }

    /** Waits until an element of the page contains this text. */
    public void awaitText(String selector, String text) {
        String content = "document.querySelector('" + selector + "').textContent";
        Await.until(
                () -> selector + " with \"" + text + "\", not \"" + value(content) + "\"",
                PATIENCE,
                () -> value(content).contains(text));
    }

    private String post(String path, String json) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build();
        try {
            var response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new AssertionError(path + " " + json + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new AssertionError(path + " " + json + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static String found(Pattern pattern, String answer) {
        Matcher matcher = pattern.matcher(answer);
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " in " + answer);
        }
        return matcher.group(1);
    }

    private static String quoted(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"");
        return '"' + escaped.replace("\n", "\\n") + '"';
    }

    @Override
    public void close() {
        client.shutdownNow();
        kill();
        profile.close();
    }

    private void kill() {
        List<ProcessHandle> all = driver.descendants().toList();
        driver.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        Await.holdsWithin(Await.PATIENCE, () -> all.stream().noneMatch(ProcessHandle::isAlive));
    }
}
