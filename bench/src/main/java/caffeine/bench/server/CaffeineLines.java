package caffeine.bench.server;

import caffeine.server.engine.EngineDescription;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ours, by its launcher, with {@link LineProgram} behind WebSocket and behind CGI.
 *
 * @param launcher {@code ./caffeine}
 */
public record CaffeineLines(Path launcher, EngineDescription engine, LineProgram program)
        implements ServerKind {

    /** Where the script speaks WebSocket. */
    public static final String WEB_SOCKET = "/ws/line";

    /** Where it speaks CGI/1.1. */
    public static final String CGI = "/cgi-bin/line";

    @Override
    public String name() {
        return engine.name() + "-lines";
    }

    @Override
    public String description() {
        return engine.name() + " with a script";
    }

    @Override
    public Optional<String> missing() {
        return Optional.empty();
    }

    /** With a query, because a request for the first answer adds the name of a script. */
    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), CGI + "?"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        Path root = setup.file("root");
        program.compile(root.resolve(WEB_SOCKET.substring(1)));
        program.compile(root.resolve(CGI.substring(1)), "-DCGI");
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of("--path", root.toString(), "--engine", engine.name()));
        command.addAll(CaffeineHello.size(engine, setup.workers()));
        command.addAll(List.of("--port", "0", "--log-level", "WARN"));
        return List.of(command);
    }

    @Override
    public boolean printsItsPort() {
        return true;
    }
}
