package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** nginx with {@code return 200}: an answer that it makes of its configuration, without a file. */
public final class NginxHello implements HelloKind {

    /** For each worker: it may get nearly all of the clients. */
    private static final int CONNECTIONS = 16_384;

    private final Optional<Path> nginx = Tools.find("nginx");
    private final Cleanup cleanup;

    public NginxHello(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    @Override
    public Family family() {
        return Family.NGINX;
    }

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String description() {
        return "nginx " + nginx.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse("");
    }

    @Override
    public Optional<String> missing() {
        return nginx.isPresent()
                ? Optional.empty()
                : Optional.of("not installed (Debian: apt-get install nginx-light)");
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
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
                    default_type text/plain;
                    server {
                        listen 127.0.0.1:%5$d backlog=4096;
                        location / { return 200 "Hello, World!"; }
                    }
                }
                """
                        .formatted(
                                user,
                                setup.workers(),
                                setup.file("nginx.pid"),
                                CONNECTIONS,
                                setup.port(),
                                temporary);
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
