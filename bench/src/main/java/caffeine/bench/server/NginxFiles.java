package caffeine.bench.server;

import caffeine.bench.host.Cleanup;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** nginx with files, by sendfile, as its package has it configured. */
public final class NginxFiles implements ServerKind {

    /** The name in tables. */
    public static final String NAME = "nginx";

    /** The name with {@code open_file_cache}, which is off by default. */
    public static final String CACHING = "nginx-cache";

    private final NginxConfiguration nginx;
    private final boolean caches;

    /**
     * @param caches whether it keeps files open
     */
    public NginxFiles(Cleanup cleanup, boolean caches) {
        this.nginx = new NginxConfiguration(cleanup);
        this.caches = caches;
    }

    @Override
    public String name() {
        return caches ? CACHING : NAME;
    }

    @Override
    public String description() {
        return nginx.version() + (caches ? ", open_file_cache" : ", sendfile and tcp_nopush");
    }

    @Override
    public Optional<String> missing() {
        return nginx.missing();
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        return nginx.prepare(
                setup,
                """
                sendfile on;
                tcp_nopush on;
                types { text/plain txt; }
                %s
                """
                        .formatted(
                                caches
                                        ? "open_file_cache max=20000; open_file_cache_valid 1s;"
                                        : ""),
                "root %s;".formatted(setup.documentRoot()));
    }
}
