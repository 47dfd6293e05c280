package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Browser;
import caffeine.conformance.harness.JavaProgram;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Objects;

/** A page in Chromium chats through a script, and through a handler in Java. */
class BrowserTest {

    private static final String LINES = "#lines";

    private static @Nullable Tree bus;
    private static @Nullable Server server;
    private static @Nullable Browser browser;

    @BeforeAll
    static void start() {
        Run.needs("chromedriver", "chromium-driver");
        Run.needs("chromium", "chromium");
        Tree folder = new Tree();
        bus = folder;
        server =
                Server.of(Repository.root().resolve("examples"))
                        .options("--pass-env", "TMPDIR", "--ws-compress")
                        .with("TMPDIR", folder.root().toString())
                        .start();
        browser = new Browser();
    }

    @AfterAll
    static void stop() {
        try (Tree _ = bus;
                Server _ = server) {
            Browser started = browser;
            if (started != null) {
                started.close(); // its connections end with it
            }
            Server running = server;
            if (running != null) {
                running.awaitNoHandlers();
                running.stop();
            }
        }
    }

    private static Browser browser() {
        return Objects.requireNonNull(browser);
    }

    private static void openChat(String name) {
        browser().open(Objects.requireNonNull(server).url("/chat?name=" + name));
    }

    @Test
    void chatsThroughAScript() {
        openChat("Ada");
        browser().awaitValue("document.getElementById('text').disabled", "false");
        browser().type("#text", "hello\n");
        browser().awaitText(LINES, "Ada: hello\n");
        browser().type("#text", "größer als 5 €\n");
        browser().awaitText(LINES, "Ada: größer als 5 €\n");
        assertThat(browser().value("socket.extensions")).isEqualTo("permessage-deflate");
    }

    @Test
    void chatsThroughAHandlerInJava() throws IOException {
        try (JavaProgram chat = JavaProgram.of(DocumentedChat.forPagesOf("127.0.0.1"))) {
            openChat("Bob");
            connect("one", chat.port());
            browser().awaitText(LINES, "one: open\n");
            connect("two", chat.port());
            browser().awaitText(LINES, "two: open\n");
            browser().run("one.send('hello, Java')");
            browser().awaitText(LINES, "one: hello, Java\n");
            browser().awaitText(LINES, "two: hello, Java\n");
            browser().run("two.close(4000, 'bye')");
            browser().awaitText(LINES, "two: closed 4000\n");
        }
        browser().awaitText(LINES, "one: closed 1006\n"); // the program was killed
    }

    /** Its handler names no other host, so the handshake is refused. */
    @Test
    void aPageOfAnotherHostIsRefused() throws IOException {
        try (JavaProgram chat = JavaProgram.of(DocumentedChat.source())) {
            openChat("Eve");
            connect("other", chat.port());
            browser().awaitText(LINES, "other: closed 1006\n");
            assertThat(browser().value("document.querySelector('#lines').textContent"))
                    .doesNotContain("other: open");
        }
    }

    /** A second connection of the page, whose events it shows. */
    private static void connect(String name, int port) {
        browser()
                .run(
                        """
                        const add = text => document.getElementById('lines').append('NAME: ' + text + '\\n');
                        const socket = window.NAME = new WebSocket('ws://127.0.0.1:PORT/');
                        socket.onopen = () => add('open');
                        socket.onmessage = event => add(event.data);
                        socket.onclose = event => add('closed ' + event.code);
                        """
                                .replace("NAME", name)
                                .replace("PORT", Integer.toString(port)));
    }
}
