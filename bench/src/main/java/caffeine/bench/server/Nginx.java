package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** nginx, which runs no scripts itself, with fcgiwrap, which does it for any FastCGI server. */
public final class Nginx implements ServerKind {
    private final Optional<Path> nginx = Tools.find("nginx");
    private final Optional<Path> fcgiwrap = Tools.find("fcgiwrap");
    private final Cleanup cleanup;

    public Nginx(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String description() {
        return "nginx %s with fcgiwrap %s"
                .formatted(
                        nginx.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse(""),
                        fcgiwrap.map(p -> Versions.of(cleanup, p.toString(), "-h")).orElse(""))
                .strip();
    }

    @Override
    public Optional<String> missing() {
        if (nginx.isEmpty()) {
            return Optional.of("not installed (Debian: apt-get install nginx-light fcgiwrap)");
        }
        return fcgiwrap.isEmpty()
                ? Optional.of("fcgiwrap is not installed (Debian: apt-get install fcgiwrap)")
                : Optional.empty();
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/cgi-bin/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        Files.createDirectories(setup.file("temporary"));
        Path socket = setup.file("fcgiwrap.sock");
        String user = System.getProperty("user.name").equals("root") ? "user root;" : "";
        String text =
                """
                %s
                daemon off;
                worker_processes %d;
                pid %s;
                """
                        .formatted(user, setup.workers(), setup.file("nginx.pid"));
        Path configuration =
                Files.writeString(setup.file("nginx.conf"), text + http(setup, socket));
        return List.of(
                List.of(
                        fcgiwrap.orElseThrow().toString(),
                        "-c",
                        // Each of its processes runs one script at a time.
                        Integer.toString(setup.scriptsAtOnce()),
                        "-s",
                        "unix:" + socket),
                List.of(
                        nginx.orElseThrow().toString(),
                        "-p",
                        setup.folder().toString(),
                        "-e",
                        setup.file("error.log").toString(),
                        "-c",
                        configuration.toString()));
    }

    private static String http(Setup setup, Path socket) {
        String log = setup.logs() ? setup.file("access.log").toString() : "off";
        return """
        events { worker_connections 4096; }
        http {
            access_log %1$s;
            keepalive_requests 1000000000;
            keepalive_timeout 60s;
            client_body_temp_path %2$s;
            fastcgi_temp_path %2$s;
            proxy_temp_path %2$s;
            scgi_temp_path %2$s;
            uwsgi_temp_path %2$s;
            # Large responses stay in memory.
            fastcgi_max_temp_file_size 0;
            fastcgi_buffers 32 64k;
            fastcgi_buffer_size 64k;
            fastcgi_busy_buffers_size 128k;
            server {
                listen 127.0.0.1:%3$d;
                location /cgi-bin/ {
                    fastcgi_pass unix:%4$s;
                    fastcgi_param SCRIPT_FILENAME %5$s$fastcgi_script_name;
                    fastcgi_param SCRIPT_NAME $fastcgi_script_name;
                    fastcgi_param REQUEST_URI $request_uri;
                    fastcgi_param DOCUMENT_ROOT %5$s;
                    fastcgi_param QUERY_STRING $query_string;
                    fastcgi_param REQUEST_METHOD $request_method;
                    fastcgi_param CONTENT_TYPE $content_type;
                    fastcgi_param CONTENT_LENGTH $content_length;
                    fastcgi_param SERVER_PROTOCOL $server_protocol;
                    fastcgi_param SERVER_SOFTWARE nginx;
                    fastcgi_param GATEWAY_INTERFACE CGI/1.1;
                    fastcgi_param REMOTE_ADDR $remote_addr;
                    fastcgi_param REMOTE_PORT $remote_port;
                    fastcgi_param SERVER_ADDR $server_addr;
                    fastcgi_param SERVER_PORT $server_port;
                    fastcgi_param SERVER_NAME $server_name;
                }
            }
        }
        """
                .formatted(
                        log, setup.file("temporary"), setup.port(), socket, setup.documentRoot());
    }
}
