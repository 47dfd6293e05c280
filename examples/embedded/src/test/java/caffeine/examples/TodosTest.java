package caffeine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

class TodosTest {

    private static final String MILK = "{\"title\": \"Buy milk\"}";
    private static final String MILK_1 = "{\"id\":1,\"title\":\"Buy milk\",\"done\":false}";

    private final TestClient client =
            new TestClient(
                    new Todos(
                                    new ConcurrentSkipListMap<>(),
                                    new AtomicInteger(),
                                    new ObjectMapper())
                            .routes());

    private TestResponse ask(String method, String target, String content) {
        int length = content.getBytes(StandardCharsets.UTF_8).length;
        return client.send(
                        method
                                + " "
                                + target
                                + " HTTP/1.1\r\nHost: test\r\nContent-Length: "
                                + length
                                + "\r\n\r\n"
                                + content)
                .response();
    }

    @Test
    void createsOneAndSaysWhere() {
        TestResponse response = ask("POST", "/todos", MILK);
        assertThat(response.status()).isEqualTo(201);
        assertThat(response.field("Location")).isEqualTo("/todos/1");
        assertThat(response.field("Content-Type")).isEqualTo("application/json");
        assertThat(response.text()).isEqualTo(MILK_1);
        assertThat(ask("GET", "/todos/1", "").text()).isEqualTo(MILK_1);
    }

    @Test
    void listsThoseThatAreAskedFor() {
        ask("POST", "/todos", MILK);
        ask("POST", "/todos", "{\"title\": \"Sleep\"}");
        assertThat(ask("GET", "/todos?q=ilk", "").text()).isEqualTo("[" + MILK_1 + "]");
        assertThat(ask("GET", "/todos", "").text()).contains("milk", "Sleep");
    }

    @Test
    void updatesOne() {
        ask("POST", "/todos", MILK);
        String done = "{\"title\": \"Buy milk\", \"done\": true}";
        assertThat(ask("PUT", "/todos/1", done).status()).isEqualTo(200);
        assertThat(ask("GET", "/todos/1", "").text()).contains("\"done\":true");
    }

    @Test
    void deletesOne() {
        ask("POST", "/todos", MILK);
        assertThat(ask("DELETE", "/todos/1", "").status()).isEqualTo(204);
        assertThat(ask("GET", "/todos/1", "").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE"})
    void hasAProblemWithOneThatIsNot(String method) {
        TestResponse response = ask(method, "/todos/7", MILK);
        assertThat(response.status()).isEqualTo(404);
        assertThat(response.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.text()).contains("no such todo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "null", "[]", "7", "{\"done\": true}", "milk"})
    void refusesWhatIsNoTodo(String content) {
        TestResponse response = ask("POST", "/todos", content);
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(client.mistakes()).isEmpty();
    }

    @Test
    void isAProgram() throws Exception {
        try (Program program = Program.start(Todos.class, List.of())) {
            assertThat(program.get("/todos").body()).isEqualTo("[]");
        }
    }
}
