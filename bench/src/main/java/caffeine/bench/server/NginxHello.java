package caffeine.bench.server;

import caffeine.bench.host.Cleanup;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** nginx with {@code return 200}: an answer that it makes of its configuration, without a file. */
public final class NginxHello implements HelloKind {

    private final NginxConfiguration nginx;

    public NginxHello(Cleanup cleanup) {
        this.nginx = new NginxConfiguration(cleanup);
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
        return nginx.version();
    }

    @Override
    public Optional<String> missing() {
        return nginx.missing();
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        return nginx.prepare(
                setup, "default_type text/plain;", "location / { return 200 \"Hello, World!\"; }");
    }
}
