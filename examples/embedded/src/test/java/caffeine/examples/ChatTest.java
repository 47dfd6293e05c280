package caffeine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.websocket.CloseCode;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestWebSocket;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

class ChatTest {

    private final Chat chat = new Chat();

    private TestWebSocket enter(String room) {
        return new TestClient(chat.routes()).webSocket("/rooms/" + room);
    }

    @Test
    void passesAMessageToAllInTheRoom() {
        TestWebSocket ada = enter("tea");
        TestWebSocket bob = enter("tea");
        ada.send("Hello, Bob");
        assertThat(ada.text()).isEqualTo("Hello, Bob");
        assertThat(bob.text()).isEqualTo("Hello, Bob");
        bob.send("Héllo, Ada");
        assertThat(ada.text()).isEqualTo("Héllo, Ada");
    }

    @Test
    void keepsRoomsApart() {
        TestWebSocket tea = enter("tea");
        TestWebSocket coffee = enter("coffee");
        tea.send("one");
        coffee.send("two");
        assertThat(coffee.text()).isEqualTo("two");
        assertThat(tea.text()).isEqualTo("one");
        assertThat(tea.hasMessage()).isFalse();
    }

    @Test
    void forgetsRoomsWithoutClients() {
        TestWebSocket tea = enter("tea");
        assertThat(chat.size()).isEqualTo(1);
        tea.close(CloseCode.NORMAL, "");
        assertThat(tea.closeCode()).isEqualTo(CloseCode.NORMAL);
        assertThat(chat.size()).isZero();
    }

    @Test
    void hasAPage() {
        TestClient client = new TestClient(chat.routes());
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        assertThat(client.response().text()).contains("new WebSocket(");
    }

    @Test
    void isAProgram() throws Exception {
        try (Program program = Program.start(Chat.class, List.of())) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            WebSocket.Listener listener =
                    new WebSocket.Listener() {
                        @Override
                        public CompletionStage<?> onText(
                                WebSocket socket, CharSequence text, boolean last) {
                            answer.complete(text.toString());
                            return CompletableFuture.completedStage(null);
                        }
                    };
            String address = program.url().toString().replaceFirst("http", "ws") + "/rooms/tea";
            WebSocket socket =
                    program.client()
                            .newWebSocketBuilder()
                            .buildAsync(URI.create(address), listener)
                            .get(2, TimeUnit.MINUTES);
            socket.sendText("Hello", true).get(2, TimeUnit.MINUTES);
            assertThat(answer.get(2, TimeUnit.MINUTES)).isEqualTo("Hello");
            socket.abort();
        }
    }
}
