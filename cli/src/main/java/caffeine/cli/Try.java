package caffeine.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.cli.options.Addresses;
import caffeine.cli.options.Arguments;
import caffeine.cli.options.Configuration;
import caffeine.cli.options.Option;
import caffeine.cli.options.Surroundings;
import caffeine.cli.options.Text;
import caffeine.cli.options.UsageException;
import caffeine.cli.serve.Server;
import caffeine.server.engine.StartException;
import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;
import caffeine.server.script.Script;
import caffeine.server.script.Trial;
import caffeine.server.script.Trial.Result;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code --try TARGET}: runs one handler as the server would, and shows its input, its output, and
 * its mistakes. No port is opened.
 */
final class Try {

    /** More of an output is not shown. */
    private static final int MOST_SHOWN = 64 * 1024;

    private static final byte[] NOTHING = {};

    /** Of the request for a script that talks WebSocket, RFC 6455 §4.1. */
    private static final List<String> HANDSHAKE =
            List.of(
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

    private final Arguments arguments;
    private final ServerOptions options;
    private final StringBuilder text = new StringBuilder(4_000);

    private Try(Arguments arguments, ServerOptions options) {
        this.arguments = arguments;
        this.options = options;
    }

    /**
     * Tries.
     *
     * @return the exit code: 1 when something is wrong
     * @throws UsageException for a mistake in the command line
     * @throws StartException for what would prevent a start
     */
    static int run(Arguments words, PrintStream output, Surroundings surroundings)
            throws UsageException, StartException {
        Arguments arguments = words.withFile(surroundings.home());
        checkRequest(arguments);
        ServerOptions options = new Configuration(arguments, surroundings).read().server();
        if (options.app() != App.SCRIPTS) {
            throw new StartException(
                    "--try runs a handler, and --app "
                            + arguments.value(Option.APP)
                            + " has none; leave it out");
        }
        Try attempt = new Try(arguments, options);
        Result result = attempt.run();
        attempt.print(result);
        output.write(attempt.text.toString().getBytes(UTF_8), 0, attempt.length());
        output.flush();
        result.faults().forEach(surroundings::print);
        return result.faults().isEmpty() ? Server.OK : Server.FAILED;
    }

    private int length() {
        return text.toString().getBytes(UTF_8).length;
    }

    private Result run() throws StartException {
        byte @Nullable [] body = body(arguments.given(Option.BODY));
        try (Trial trial = new Trial(options)) {
            // Ctrl-C ends this process; the script is in a group of its own and would go on.
            Thread hook = new Thread(trial::cancel, "end the script");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                if (trial.speaksWebSocket(arguments.value(Option.TRY))) {
                    return trial.run(request(null, HANDSHAKE), body == null ? NOTHING : body);
                }
                return trial.run(request(body, List.of()));
            } finally {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        }
    }

    // ---- the request

    private static void checkRequest(Arguments arguments) {
        String target = arguments.value(Option.TRY);
        if (!target.startsWith("/")) {
            arguments.add(
                    new UsageException(
                            Option.TRY,
                            target,
                            "is not a request target",
                            "begin it with a slash, as in /hello?x=1"));
        }
        for (String field : arguments.values(Option.FIELD)) {
            if (field.indexOf(':') <= 0 || field.indexOf('\n') >= 0) {
                arguments.add(
                        new UsageException(
                                Option.FIELD,
                                field,
                                "is not a field line",
                                "write it as in \"Accept: */*\""));
            }
        }
    }

    /**
     * @param usual field lines, unless the user gives others of that name
     */
    private byte[] request(byte @Nullable [] body, List<String> usual) {
        String target = arguments.value(Option.TRY);
        String method = arguments.given(Option.METHOD);
        StringBuilder head = new StringBuilder(200);
        head.append(method != null ? method : body != null ? "POST" : "GET");
        head.append(' ').append(target).append(" HTTP/1.1\r\n");
        List<String> fields = new ArrayList<>(arguments.values(Option.FIELD));
        addMissing(fields, usual);
        String url = Addresses.url(options.bind());
        addMissing(
                fields,
                List.of("Host: " + (url.startsWith("http://") ? url.substring(7) : "localhost")));
        fields.forEach(field -> head.append(field).append("\r\n"));
        if (body != null) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.append("\r\n").toString().getBytes(UTF_8));
        if (body != null) {
            request.writeBytes(body);
        }
        return request.toByteArray();
    }

    private static void addMissing(List<String> fields, List<String> usual) {
        for (String line : usual) {
            String name = line.substring(0, line.indexOf(':') + 1);
            if (fields.stream()
                    .noneMatch(field -> field.regionMatches(true, 0, name, 0, name.length()))) {
                fields.add(line);
            }
        }
    }

    private static byte @Nullable [] body(@Nullable String given) throws StartException {
        if (given == null || !given.startsWith("@")) {
            return given == null ? null : given.getBytes(UTF_8);
        }
        String name = given.substring(1);
        try {
            return Files.readAllBytes(Path.of(name));
        } catch (IOException | InvalidPathException e) {
            String reason =
                    e instanceof IOException io ? Text.reason(io) : String.valueOf(e.getMessage());
            throw new StartException(
                    "--body: "
                            + Text.quoted(name)
                            + " cannot be read: "
                            + reason
                            + "; name a file behind the @, or give text without one");
        }
    }

    // ---- the report

    private void print(Result result) {
        Script script = result.script();
        if (script == null) {
            heading("No handler ran; the server itself answers");
            show(result.answer().getBytes(ISO_8859_1));
            return;
        }
        String filename = new String(script.file(), UTF_8);
        heading(
                filename
                        + " writes "
                        + switch (result.mode()) {
                            case CGI -> "CGI/1.1, of which the server makes HTTP";
                            case DIRECT -> "HTTP to the client";
                            case AUTO -> "CGI/1.1 or HTTP, as its first answer tells";
                            case WEBSOCKET -> "messages of a WebSocket connection";
                            case TEXT -> "text, of which the server makes HTTP";
                        });
        String interpreter = script.interpreterText();
        if (interpreter != null) {
            line("run by " + interpreter);
        }
        heading("It was given");
        for (String variable : result.environment()) {
            line(new String(variable.getBytes(ISO_8859_1), UTF_8));
        }
        line(
                result.contentBytes() < 0
                        ? "(no content on standard input)"
                        : "(" + result.contentBytes() + " bytes on standard input)");
        if (!result.outcome().isEmpty()) {
            heading("It wrote " + result.outputBytes() + " bytes");
            show(result.output().getBytes(ISO_8859_1));
            if (!result.said().isEmpty()) {
                heading("To standard error");
                result.said().forEach(this::line);
            }
            heading("It ended: " + result.outcome() + ", after " + millis(result.durationNs()));
            if (result.closeCode() > 0) {
                line("(the connection closed with " + result.closeCode() + ")");
            }
        }
    }

    private void heading(String words) {
        text.append(text.isEmpty() ? "" : "\n").append(Text.oneLine(words)).append('\n');
    }

    private void line(String words) {
        text.append("  ").append(Text.oneLine(words)).append('\n');
    }

    /** Bytes as lines of text: what does not show, CR too, is escaped. */
    private void show(byte[] bytes) {
        String shown = new String(bytes, 0, Math.min(bytes.length, MOST_SHOWN), UTF_8);
        int from = 0;
        while (from < shown.length()) {
            int lineFeed = shown.indexOf('\n', from);
            int to = lineFeed < 0 ? shown.length() : lineFeed;
            String words = Text.oneLine(shown.substring(from, to)).replace("\\x0d", "\\r");
            text.append("  ").append(words).append(lineFeed < 0 ? "" : "\\n").append('\n');
            from = to + 1;
        }
        if (bytes.length > MOST_SHOWN) {
            text.append("  (and more)\n");
        }
    }

    private static String millis(long ns) {
        return ns / 1_000_000 + "." + ns / 100_000 % 10 + " ms";
    }
}
