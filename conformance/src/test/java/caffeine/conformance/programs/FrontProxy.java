package caffeine.conformance.programs;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.FreePort;
import caffeine.conformance.harness.Output;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Another server in front of ours, with its example from docs/behind-a-proxy.md: only ports and
 * paths are others. It speaks TLS with a certificate of its own.
 */
final class FrontProxy implements AutoCloseable {

    /** What is tried, a line each. */
    enum Kind {
        NGINX("nginx", "nginx", "nginx"),
        HAPROXY("haproxy", "haproxy", "haproxy"),
        APACHE("apache2", "apache2", "apache");

        final String program;
        final String debianPackage;
        final String language;

        Kind(String program, String debianPackage, String language) {
            this.program = program;
            this.debianPackage = debianPackage;
            this.language = language;
        }
    }

    private static final String APACHE_MODULES = "/usr/lib/apache2/modules";

    private final Tree folder;
    private final int port;
    private final Process process;
    private final HttpClient client;

    private FrontProxy(Kind kind, Tree folder, Map<String, String> upstreams) {
        this.folder = folder;
        this.port = FreePort.any();
        makeCertificate();
        Path file = folder.resolve("proxy.conf");
        folder.file("proxy.conf", wrap(kind, example(kind, upstreams)), "rw-r--r--");
        this.process = launch(command(kind, file));
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Output output = new Output("proxy", process.getInputStream());
        try {
            this.client =
                    HttpClient.newBuilder()
                            .version(HttpClient.Version.HTTP_1_1)
                            .sslContext(trustingOnly(folder.resolve("cert.pem")))
                            .build();
            Await.until(
                    () -> kind + " listens: " + output.lines(),
                    Await.PATIENCE,
                    () -> process.isAlive() && accepts());
        } catch (AssertionError | IOException | GeneralSecurityException e) {
            close();
            throw new AssertionError(kind + " does not start: " + output.lines(), e);
        }
    }

    /** Skips the test, with the reason, when the program is not installed. */
    static void needs(Kind kind) {
        Run.needs(kind.program, kind.debianPackage);
        Run.needs("openssl", "openssl");
    }

    /**
     * Starts one.
     *
     * @param upstreams what stands in the place of the example's two socket files
     */
    static FrontProxy start(Kind kind, Map<String, String> upstreams) {
        return new FrontProxy(kind, new Tree(), upstreams);
    }

    private void makeCertificate() {
        String names = "subjectAltName=DNS:example.com,IP:127.0.0.1";
        Run.of(
                        List.of(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=example.com",
                                "-addext",
                                names,
                                "-keyout",
                                "key.pem",
                                "-out",
                                "cert.pem"))
                .in(folder.root())
                .output();
        try {
            String both =
                    Files.readString(folder.resolve("cert.pem"))
                            + Files.readString(folder.resolve("key.pem"));
            folder.file("both.pem", both, "rw-------");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String example(Kind kind, Map<String, String> upstreams) {
        Pattern block = Pattern.compile("```" + kind.language + "\n(.*?)```", Pattern.DOTALL);
        try {
            Path document = Repository.root().resolve("docs/behind-a-proxy.md");
            Matcher found = block.matcher(Files.readString(document));
            if (!found.find()) {
                throw new AssertionError("no example for " + kind);
            }
            String text =
                    found.group(1)
                            .replace("listen 443", "listen 127.0.0.1:" + port)
                            .replace("bind :443", "bind 127.0.0.1:" + port)
                            .replace("*:443", "*:" + port)
                            .replace(
                                    "/etc/ssl/example.com.both.pem",
                                    folder.resolve("both.pem").toString())
                            .replace(
                                    "/etc/ssl/example.com.pem",
                                    folder.resolve("cert.pem").toString())
                            .replace(
                                    "/etc/ssl/example.com.key",
                                    folder.resolve("key.pem").toString());
            for (Map.Entry<String, String> each : upstreams.entrySet()) {
                text = text.replace(each.getKey(), each.getValue());
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What belongs around the example in a configuration that stands alone. */
    private String wrap(Kind kind, String example) {
        Path root = folder.root();
        return switch (kind) {
            case NGINX ->
                    """
                    %s
                    daemon off;
                    pid %s/nginx.pid;
                    worker_processes 2;
                    events { worker_connections 512; }
                    http {
                        access_log off;
                        client_body_temp_path %s/temporary;
                        proxy_temp_path %s/temporary;
                        fastcgi_temp_path %s/temporary;
                        uwsgi_temp_path %s/temporary;
                        scgi_temp_path %s/temporary;
                        %s
                    }
                    """
                            .formatted(
                                    isRoot() ? "user root;" : "",
                                    root,
                                    root,
                                    root,
                                    root,
                                    root,
                                    root,
                                    example);
            case HAPROXY -> "global\n    maxconn 500\n\n" + example;
            case APACHE -> apacheModules() + example;
        };
    }

    private String apacheModules() {
        StringBuilder text = new StringBuilder();
        text.append("ServerRoot ").append(folder.root()).append("\nPidFile apache.pid\n");
        text.append("ErrorLog /dev/stderr\nListen 127.0.0.1:").append(port).append('\n');
        text.append(isRoot() ? "User www-data\nGroup www-data\n" : "");
        for (String module :
                List.of(
                        "mpm_event",
                        "authz_core",
                        "ssl",
                        "headers",
                        "proxy",
                        "proxy_http",
                        "proxy_balancer",
                        "lbmethod_byrequests",
                        "slotmem_shm")) {
            text.append("LoadModule ").append(module).append("_module ").append(APACHE_MODULES);
            text.append("/mod_").append(module).append(".so\n");
        }
        return text.toString();
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private List<String> command(Kind kind, Path file) {
        return switch (kind) {
            case NGINX ->
                    List.of("nginx", "-p", folder.root() + "", "-e", "stderr", "-c", file + "");
            case HAPROXY -> List.of("haproxy", "-db", "-f", file + "");
            case APACHE -> List.of("apache2", "-D", "FOREGROUND", "-f", file + "");
        };
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

    private static SSLContext trustingOnly(Path certificate)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(certificate)) {
            var parsed = CertificateFactory.getInstance("X.509").generateCertificate(in);
            store.setCertificateEntry("proxy", parsed);
        }
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    int port() {
        return port;
    }

    /** A GET by TLS, with field names and values in turn. */
    HttpResponse<String> get(String target, String... fields)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + target))
                        .timeout(Await.PATIENCE);
        if (fields.length > 0) {
            request.headers(fields);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroy();
        Await.holdsWithin(Await.PATIENCE, () -> !process.isAlive());
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        if (client != null) {
            client.close();
        }
        folder.close();
    }
}
