package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Another server, as its package configures it where this does not say otherwise. */
public final class OtherServer implements AutoCloseable {

    /** What is compared with, a line each. */
    public enum Kind {
        NGINX("nginx"),
        LIGHTTPD("lighttpd"),
        APACHE("apache2");

        final String program;

        Kind(String program) {
            this.program = program;
        }

        /** Skips the test, with the reason, when the program is not installed. */
        public void needed() {
            Run.needs(program, program);
        }
    }

    private static final String APACHE_MODULES = "/usr/lib/apache2/modules";

    private final Tree folder = new Tree();
    private final int port = FreePort.any();
    private final Map<String, String> variables;
    private final Process process;

    /**
     * Starts one.
     *
     * @param served the folder with {@code cgi-bin/echo}
     * @param behind the port of a server that answers everything: nginx runs no scripts
     */
    public OtherServer(Kind kind, Path served, int behind) {
        this(kind, served, behind, Map.of());
    }

    /** lighttpd, whose scripts get these variables beside their meta-variables. */
    public static OtherServer lighttpd(Path served, Map<String, String> variables) {
        return new OtherServer(Kind.LIGHTTPD, served, 0, variables);
    }

    private OtherServer(Kind kind, Path served, int behind, Map<String, String> variables) {
        this.variables = Map.copyOf(variables);
        folder.openToAll();
        folder.file("server.conf", configuration(kind, served, behind), "rw-r--r--");
        process = launch(command(kind));
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Output output = new Output(kind.program, process.getInputStream());
        try {
            Await.until(
                    () -> kind + " listens: " + output.lines(),
                    Await.PATIENCE,
                    () -> process.isAlive() && accepts());
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private String configuration(Kind kind, Path served, int behind) {
        return switch (kind) {
            case NGINX -> nginx(behind);
            case LIGHTTPD ->
                    """
                    server.document-root = "%s"
                    server.bind = "127.0.0.1"
                    server.port = %d
                    server.modules = ( "mod_setenv", "mod_cgi" )
                    server.upload-dirs = ( "%s" )
                    setenv.set-environment = ( %s )
                    $HTTP["url"] =~ "/cgi-bin/|\\.cgi" {
                        cgi.assign = ( "" => "" )
                    }
                    """
                            .formatted(served, port, folder.root(), lighttpdVariables());
            case APACHE -> apache(served);
        };
    }

    private String lighttpdVariables() {
        return variables.entrySet().stream()
                .map(each -> "\"%s\" => \"%s\"".formatted(each.getKey(), each.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** It reads the content to its end before it passes the request on; the fields it drops. */
    private String nginx(int behind) {
        return """
        %1$s
        daemon off;
        pid %2$s/nginx.pid;
        events { worker_connections 512; }
        http {
            access_log off;
            client_body_temp_path %2$s/temporary;
            proxy_temp_path %2$s/temporary;
            fastcgi_temp_path %2$s/temporary;
            uwsgi_temp_path %2$s/temporary;
            scgi_temp_path %2$s/temporary;
            server {
                listen 127.0.0.1:%3$d;
                location / {
                    proxy_pass_request_headers off;
                    proxy_method GET;
                    proxy_ignore_client_abort on;
                    rewrite ^ /? break;
                    proxy_pass http://127.0.0.1:%4$d;
                }
            }
        }
        """
                .formatted(isRoot() ? "user root;" : "", folder.root(), port, behind);
    }

    private String apache(Path served) {
        StringBuilder text = new StringBuilder();
        for (String module : List.of("mpm_event", "authz_core", "alias", "cgid")) {
            text.append("LoadModule ").append(module).append("_module ").append(APACHE_MODULES);
            text.append("/mod_").append(module).append(".so\n");
        }
        // It does not run scripts as root.
        text.append(isRoot() ? "User www-data\nGroup www-data\n" : "");
        return text
                + """
                ServerRoot "%1$s"
                DefaultRuntimeDir "%1$s"
                PidFile "%1$s/apache.pid"
                ErrorLog /dev/stderr
                ServerName a.test
                Listen 127.0.0.1:%2$d
                ScriptSock "%1$s/cgid.sock"
                DocumentRoot "%3$s"
                ScriptAlias "/cgi-bin/" "%3$s/cgi-bin/"
                <Directory "%3$s">
                    Require all granted
                </Directory>
                """
                        .formatted(folder.root(), port, served);
    }

    private List<String> command(Kind kind) {
        String file = folder.resolve("server.conf").toString();
        return switch (kind) {
            case NGINX ->
                    List.of("nginx", "-p", folder.root() + "", "-e", "stderr", "-c", file + "");
            case LIGHTTPD -> List.of("lighttpd", "-D", "-f", file);
            case APACHE -> List.of("apache2", "-D", "FOREGROUND", "-f", file);
        };
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static Process launch(List<String> command) {
        try {
            Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
            started.getOutputStream().close();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(address(), 1_000);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroy();
        Await.holdsWithin(Await.PATIENCE, () -> !process.isAlive());
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        folder.close();
    }
}
