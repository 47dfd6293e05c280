package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** lighttpd with files; it keeps them open for a while. */
public final class LighttpdFiles implements ServerKind {
    private final Optional<Path> program = Tools.find("lighttpd");
    private final Cleanup cleanup;

    public LighttpdFiles(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    @Override
    public String name() {
        return "lighttpd";
    }

    @Override
    public String description() {
        return "lighttpd " + program.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse("");
    }

    @Override
    public Optional<String> missing() {
        return program.isPresent()
                ? Optional.empty()
                : Optional.of("not installed (Debian: apt-get install lighttpd)");
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        String text =
                """
                server.document-root = "%s"
                server.bind = "127.0.0.1"
                server.port = %d
                server.errorlog = "%s"
                server.max-worker = %d
                # It keeps descriptors of files that were sent.
                server.max-fds = 16384
                server.max-connections = 1024
                # The largest number that it takes; 0 would mean none.
                server.max-keep-alive-requests = 65535
                server.max-keep-alive-idle = 60
                mimetype.assign = ( ".txt" => "text/plain", "" => "application/octet-stream" )
                """
                        .formatted(
                                setup.documentRoot(),
                                setup.port(),
                                setup.file("error.log"),
                                setup.workers());
        Path configuration = Files.writeString(setup.file("lighttpd.conf"), text);
        return List.of(
                List.of(program.orElseThrow().toString(), "-D", "-f", configuration.toString()));
    }
}
