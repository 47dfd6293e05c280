package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.JavaProgram;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The chat of docs/websocket.md runs as it is printed; the clients are those of the JDK. */
class DocumentedChatTest {

    @Test
    void eachMessageGoesToAllMembers() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        try (JavaProgram chat = JavaProgram.of(DocumentedChat.source())) {
            URI address = URI.create("ws://127.0.0.1:" + chat.port() + "/");
            Member ada = new Member(client, address);
            Member bob = new Member(client, address);
            ada.say("hello");
            assertThat(ada.next()).isEqualTo("hello");
            assertThat(bob.next()).isEqualTo("hello");
            bob.say("größer als 5 €");
            assertThat(ada.next()).isEqualTo("größer als 5 €");
            assertThat(bob.next()).isEqualTo("größer als 5 €");
            ada.leave();
            assertThat(ada.next()).isEqualTo("closed 1000");
            bob.say("alone");
            assertThat(bob.next()).isEqualTo("alone");
            bob.leave();
            assertThat(bob.next()).isEqualTo("closed 1000");
            assertThat(chat.output()).hasLineCount(1);
        } finally {
            client.shutdownNow(); // a close would wait for connections that a failure left open
        }
    }

    private static final class Member implements WebSocket.Listener {
        private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();
        private final WebSocket socket;

        Member(HttpClient client, URI address) throws Exception {
            socket = within(client.newWebSocketBuilder().buildAsync(address, this));
        }

        void say(String text) throws Exception {
            within(socket.sendText(text, true));
        }

        void leave() throws Exception {
            within(socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
        }

        private static <T> T within(CompletableFuture<T> result) throws Exception {
            return result.get(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        String next() throws InterruptedException {
            String event = events.poll(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(event).as("an event within %s", Await.PATIENCE).isNotNull();
            return event;
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                events.add(part.toString());
                part.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            events.add("closed " + code);
            return CompletableFuture.completedStage(null);
        }
    }
}
