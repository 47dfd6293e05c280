package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** nginx on one address, without a log. */
final class NginxConfiguration {

    /** For each worker: it may get nearly all of the clients. */
    private static final int CONNECTIONS = 16_384;

    private final Optional<Path> nginx = Tools.find("nginx");
    private final Cleanup cleanup;

    NginxConfiguration(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    String version() {
        return "nginx " + nginx.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse("");
    }

    Optional<String> missing() {
        return nginx.isPresent()
                ? Optional.empty()
                : Optional.of("not installed (Debian: apt-get install nginx-light)");
    }

    /**
     * As {@link ServerKind#prepare}.
     *
     * @param http lines of the block {@code http}
     * @param server lines of the block {@code server}
     */
    List<List<String>> prepare(Setup setup, String http, String server) throws IOException {
        Path temporary = Files.createDirectories(setup.file("temporary"));
        String user = System.getProperty("user.name").equals("root") ? "user root;" : "";
        String text =
                """
                %s
                daemon off;
                worker_processes %d;
                pid %s;
                events { worker_connections %d; }
                http {
                    access_log off;
                    server_tokens off;
                    keepalive_requests 1000000000;
                    keepalive_timeout 600s;
                    client_body_temp_path %6$s;
                    fastcgi_temp_path %6$s;
                    proxy_temp_path %6$s;
                    scgi_temp_path %6$s;
                    uwsgi_temp_path %6$s;
                    %7$s
                    server {
                        listen 127.0.0.1:%5$d backlog=4096;
                        %8$s
                    }
                }
                """
                        .formatted(
                                user,
                                setup.workers(),
                                setup.file("nginx.pid"),
                                CONNECTIONS,
                                setup.port(),
                                temporary,
                                http,
                                server);
        Path configuration = Files.writeString(setup.file("nginx.conf"), text);
        return List.of(
                List.of(
                        nginx.orElseThrow().toString(),
                        "-p",
                        setup.folder().toString(),
                        "-e",
                        setup.file("error.log").toString(),
                        "-c",
                        configuration.toString()));
    }
}
