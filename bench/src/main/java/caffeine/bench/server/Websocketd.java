package caffeine.bench.server;

import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** websocketd, which starts a program for each connection, with {@link LineProgram}. */
public record Websocketd(LineProgram program) implements ServerKind {

    @Override
    public String name() {
        return "websocketd";
    }

    @Override
    public String description() {
        return name();
    }

    @Override
    public Optional<String> missing() {
        return Tools.find(name()).isPresent()
                ? Optional.empty()
                : Optional.of("not installed (Debian: apt-get install websocketd)");
    }

    /** A file, for the first answer. */
    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/ready?"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        Path executable = setup.file("line");
        program.compile(executable);
        Path files = Files.createDirectory(setup.file("files"));
        Files.writeString(files.resolve("ready"), "yes\n");
        return List.of(
                List.of(
                        Tools.find(name()).orElseThrow().toString(),
                        "--address=127.0.0.1",
                        "--port=" + setup.port(),
                        "--loglevel=error",
                        "--staticdir=" + files,
                        executable.toString()));
    }
}
