package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.websocket.Far.Event;
import caffeine.conformance.websocket.Row.Item;
import caffeine.conformance.websocket.Row.Word;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Plays one row on a connection of its own; an AssertionError says what came instead. */
final class Play {

    private static final String KEY = "AAECAwQFBgcICQoLDA0ODw==";

    private final InetSocketAddress server;
    private final String path;
    private final ArrayDeque<Item> left;
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    private final Far far;
    private String key = KEY;
    private boolean refused;

    private Play(InetSocketAddress server, String path, List<Item> items) throws IOException {
        this.server = server;
        this.path = path;
        this.left = new ArrayDeque<>(items);
        this.far = new Far(server);
    }

    static void of(Row row, InetSocketAddress server, String path) throws IOException {
        Play play = new Play(server, path, row.items());
        try (Far _ = play.far) {
            for (Word step : row.steps()) {
                play.step(step);
            }
            play.flush();
            while (!play.left.isEmpty() && !play.refused) {
                play.item();
            }
            if (!play.refused) {
                play.leave();
            }
        }
    }

    private void flush() {
        far.send(gathered.toByteArray());
        gathered.reset();
    }

    /** Closes in order, so that the next row finds a free place. */
    private void leave() {
        far.send(Frames.of("close", "1000"));
    }

    // ---- steps

    private void step(Word step) throws IOException {
        switch (step.name()) {
            case "hs" -> handshake(step.argument());
            case "split" -> {
                flush();
                far.split(Integer.parseInt(step.argument()));
            }
            case "await" -> {
                flush();
                item();
            }
            case "shutdown" -> {
                flush();
                far.shutdown();
            }
            case "reset" -> {
                flush();
                far.reset();
            }
            default -> gathered.writeBytes(Frames.of(step.name(), step.argument()));
        }
    }

    private void handshake(String argument) throws IOException {
        String method = "GET";
        String target = path;
        String version = "1.1";
        boolean lower = false;
        boolean waits = true;
        byte[] content = {};
        List<String[]> fields = new ArrayList<>();
        fields.add(new String[] {"Host", server.getHostString() + ":" + server.getPort()});
        fields.add(new String[] {"Upgrade", "websocket"});
        fields.add(new String[] {"Connection", "Upgrade"});
        fields.add(new String[] {"Sec-WebSocket-Key", KEY});
        fields.add(new String[] {"Sec-WebSocket-Version", "13"});
        for (String option : argument.isEmpty() ? new String[0] : argument.split("\\|", -1)) {
            String[] words = option.split("=", 2);
            String name = words[0];
            String value = words.length > 1 ? words[1] : "";
            switch (name) {
                case "nowait" -> waits = false;
                case "method" -> method = value;
                case "target" -> target = value;
                case "version" -> version = value;
                case "names" -> lower = true;
                case "drop" -> fields.removeIf(field -> field[0].equalsIgnoreCase(value));
                case "body" -> {
                    content = Frames.data(value);
                    fields.add(new String[] {"Content-Length", "" + content.length});
                }
                default -> {
                    if (!name.startsWith("+")) {
                        fields.removeIf(field -> field[0].equalsIgnoreCase(name));
                    }
                    fields.add(new String[] {name.replace("+", ""), value});
                }
            }
        }
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/" + version + "\r\n");
        for (String[] field : fields) {
            String name = lower ? field[0].toLowerCase(Locale.ROOT) : field[0];
            head.append(name).append(": ").append(field[1]).append("\r\n");
            key = field[0].equals("Sec-WebSocket-Key") ? field[1] : key;
        }
        gathered.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        gathered.writeBytes(content);
        if (waits) {
            flush();
            item();
        }
    }

    // ---- items

    private void item() throws IOException {
        Item item = left.removeFirst();
        String argument = item.choices().getFirst().argument();
        switch (item.choices().getFirst().name()) {
            case "status" -> response(argument);
            case "alive" -> echo();
            case "fresh" -> {
                Play fresh = new Play(server, path, List.of(Item.of("status 101")));
                try (Far _ = fresh.far) {
                    fresh.handshake("");
                    fresh.echo();
                    fresh.leave();
                }
            }
            case "quiet" -> far.quiet(Integer.parseInt(argument));
            case "end" -> {
                Event event = far.next();
                event = event.name().equals("close") ? far.next() : event;
                assertThat(event.name()).isEqualTo("eof");
            }
            case "lastpong" -> {
                Event event = far.next();
                while (!event.is("pong", Frames.data(argument))) {
                    assertThat(event.name()).isEqualTo("pong");
                    event = far.next();
                }
            }
            default -> {
                Event event = far.next();
                if (item.choices().stream().noneMatch(choice -> fits(event, choice))) {
                    throw new AssertionError("expected " + item.text() + ", got " + event);
                }
            }
        }
    }

    private void echo() throws IOException {
        far.send(Frames.of("text", "is it alive"));
        Event event = far.next();
        if (!event.is("text", Frames.data("is it alive"))) {
            throw new AssertionError("expected an echo, got " + event);
        }
    }

    private static boolean fits(Event event, Word choice) {
        return switch (choice.name()) {
            case "eof" -> event.name().equals("eof");
            case "fin" -> event.equals(new Event("eof", "FIN"));
            case "close" -> event.name().equals("close") && hasCode(event.bytes(), choice);
            default -> event.is(choice.name(), Frames.data(choice.argument()));
        };
    }

    private static boolean hasCode(byte[] payload, Word choice) {
        String code =
                payload.length == 0
                        ? "none"
                        : Integer.toString((payload[0] & 0xff) << 8 | (payload[1] & 0xff));
        return List.of(choice.argument().split("\\|")).contains(code);
    }

    // ---- the response

    private void response(String expected) throws IOException {
        String[] lines = far.head().split("\r\n", -1);
        String status = lines[0].split(" ", -1)[1];
        int bracket = (expected + "[").indexOf('[');
        String statuses = expected.substring(0, bracket);
        assertThat(status).as(lines[0]).matches(statuses.replace("x", "\\d"));
        List<String> fields = List.of(lines).subList(1, lines.length);
        for (String condition : expected.substring(bracket).split("[\\[\\]]+", -1)) {
            assertThat(condition.isEmpty() || holds(condition, fields))
                    .as(condition + " in " + fields)
                    .isTrue();
        }
        if (status.equals("101")) {
            assertThat(values(fields, "Upgrade")).containsExactly("websocket");
            assertThat(values(fields, "Connection")).containsExactly("upgrade");
            assertThat(values(fields, "Sec-WebSocket-Accept")).containsExactly(acceptOf(key));
            assertThat(values(fields, "Content-Length")).isEmpty();
            assertThat(values(fields, "Transfer-Encoding")).isEmpty();
            assertThat(values(fields, "Sec-WebSocket-Protocol")).isEmpty();
            assertThat(values(fields, "Sec-WebSocket-Extensions")).isEmpty();
        } else {
            assertThat(!status.equals("426") || holds("Upgrade: websocket", fields)).isTrue();
            refused = true;
        }
    }

    private static boolean holds(String condition, List<String> fields) {
        if (condition.startsWith("!")) {
            return values(fields, condition.substring(1)).isEmpty();
        }
        boolean exact = condition.contains(" = ");
        String[] sides = condition.split(exact ? " = " : ": ", 2);
        return exact
                ? values(fields, sides[0]).equals(List.of(sides[1]))
                : values(fields, sides[0]).stream()
                        .flatMap(value -> List.of(value.split(",")).stream())
                        .anyMatch(element -> element.strip().equalsIgnoreCase(sides[1]));
    }

    private static List<String> values(List<String> fields, String name) {
        String start = name.toLowerCase(Locale.ROOT) + ":";
        return fields.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                .map(line -> line.substring(start.length()).strip())
                .toList();
    }

    private static String acceptOf(String key) {
        try {
            byte[] text =
                    (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                            .getBytes(StandardCharsets.US_ASCII);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
