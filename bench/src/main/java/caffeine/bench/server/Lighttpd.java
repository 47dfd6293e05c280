package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** lighttpd with mod_cgi: epoll and worker processes, as Caffeine has them. */
public final class Lighttpd implements ServerKind {
    private final Optional<Path> program = Tools.find("lighttpd");
    private final Cleanup cleanup;

    public Lighttpd(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    @Override
    public String name() {
        return "lighttpd";
    }

    @Override
    public String description() {
        return "lighttpd "
                + program.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse("")
                + ", mod_cgi";
    }

    @Override
    public Optional<String> missing() {
        return program.isPresent()
                ? Optional.empty()
                : Optional.of("not installed (Debian: apt-get install lighttpd)");
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/cgi-bin/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        Files.createDirectories(setup.file("upload"));
        String text =
                """
                server.document-root = "%s"
                server.bind = "127.0.0.1"
                server.port = %d
                server.modules = ( "mod_cgi"%s )
                server.errorlog = "%s"
                server.upload-dirs = ( "%s" )
                server.max-worker = %d
                server.max-fds = 8192
                server.max-connections = 4096
                # The largest number that it takes; 0 would mean none.
                server.max-keep-alive-requests = 65535
                server.max-keep-alive-idle = 60
                # Passes output on as it comes: without this it keeps all of it, in files when it is large.
                server.stream-response-body = 1
                %s
                $HTTP["url"] =~ "^/cgi-bin/" {
                    cgi.assign = ( "" => "" )
                }
                """
                        .formatted(
                                setup.documentRoot(),
                                setup.port(),
                                setup.logs() ? ", \"mod_accesslog\"" : "",
                                setup.file("error.log"),
                                setup.file("upload"),
                                setup.workers(),
                                setup.logs()
                                        ? "accesslog.filename = \"%s\""
                                                .formatted(setup.file("access.log"))
                                        : "");
        Path configuration = Files.writeString(setup.file("lighttpd.conf"), text);
        return List.of(
                List.of(program.orElseThrow().toString(), "-D", "-f", configuration.toString()));
    }
}
