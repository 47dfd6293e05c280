package caffeine.examples;

import caffeine.server.embed.Server;
import caffeine.server.handler.Request;
import caffeine.server.handler.Response;
import caffeine.server.handler.Router;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A todo list: {@code curl -d '{"title": "Buy milk"}' http://127.0.0.1:8080/todos}. */
record Todos(ConcurrentSkipListMap<Integer, Todo> all, AtomicInteger ids, ObjectMapper json) {
    record Todo(int id, String title, boolean done) {}

    static final class NoSuchTodo extends RuntimeException {}

    Router routes() {
        return Router.create()
                .get("/todos", r -> list(r.query("q").orElse("")))
                .post("/todos", r -> save(ids.incrementAndGet(), r).withStatus(201))
                .get("/todos/{id}", r -> Response.json(json.writeValueAsString(find(r))))
                .put("/todos/{id}", r -> save(find(r).id, r))
                .delete("/todos/{id}", r -> Response.of(all.remove(find(r).id) == null ? 404 : 204))
                .onError(NoSuchTodo.class, (_, _) -> Response.problem(404, "no such todo"))
                .onError(JacksonException.class, (_, _) -> Response.problem(400, "not JSON"))
                .onError(
                        IllegalArgumentException.class,
                        (_, _) -> Response.problem(400, "no title"));
    }

    private Response list(String q) throws JacksonException {
        var found = all.values().stream().filter(todo -> todo.title.contains(q)).toList();
        return Response.json(json.writeValueAsString(found));
    }

    private Todo find(Request r) {
        return Optional.ofNullable(all.get(r.pathInt("id"))).orElseThrow(NoSuchTodo::new);
    }

    private Response save(int id, Request r) throws JacksonException {
        var sent = json.readTree(r.text());
        all.put(id, new Todo(id, sent.required("title").asText(), sent.path("done").asBoolean()));
        return Response.json(json.writeValueAsString(all.get(id))).with("Location", "/todos/" + id);
    }

    static void main() throws Exception {
        var app = new Todos(new ConcurrentSkipListMap<>(), new AtomicInteger(), new ObjectMapper());
        int port = Integer.getInteger("port", 8080);
        IO.println(Server.builder().port(port).routes(app.routes()).start().url());
    }
}
