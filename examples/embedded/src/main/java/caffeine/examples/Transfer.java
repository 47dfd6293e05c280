package caffeine.examples;

import caffeine.server.embed.Server;
import caffeine.server.handler.EventStream;
import caffeine.server.handler.Form;
import caffeine.server.handler.Response;
import caffeine.server.handler.Router;
import caffeine.server.handler.StreamingExchange;
import caffeine.server.options.FileOptions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;

/** Takes files of any size, and gives them back; a page shows how much is stored. */
record Transfer(Path folder, Path site) {

    Router routes() {
        return Router.create()
                .streaming("PUT", "/files/{name}", this::put)
                .streaming("POST", "/files", this::post)
                .files("/files", folder, FileOptions.DEFAULT.withListing(true))
                .files("/", site)
                .events("/stored", this::stored);
    }

    private void put(StreamingExchange exchange) throws IOException {
        exchange.saveTo(folder.resolve(exchange.path("name")));
        exchange.respond(Response.of(204));
    }

    private void post(StreamingExchange exchange) throws IOException {
        for (Form.File file : exchange.form().files("file")) {
            file.saveTo(folder.resolve(UUID.randomUUID().toString())); // its name can be any text
        }
        exchange.respond(Response.redirect("/files/"));
    }

    private void stored(EventStream events) throws Exception {
        for (; events.isOpen(); Thread.sleep(500)) {
            try (Stream<Path> files = Files.list(folder)) {
                events.send(files.mapToLong(file -> file.toFile().length()).sum() + " bytes");
            }
        }
    }

    static void main(String[] args) throws Exception {
        var routes = new Transfer(Path.of(args[0]), Path.of(args[1])).routes();
        int port = Integer.getInteger("port", 8080);
        IO.println(Server.builder().port(port).maxContent(4L << 30).routes(routes).start().url());
    }
}
