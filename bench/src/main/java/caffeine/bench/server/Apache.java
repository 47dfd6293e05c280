package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Apache httpd with the event MPM and mod_cgid, whose daemon starts the scripts. */
public final class Apache implements ServerKind {

    private static final List<String> NEEDED = List.of("mpm_event", "cgid", "authz_core", "alias");

    /** Built in by some distributions, modules of others. */
    private static final List<String> IF_THERE = List.of("unixd", "log_config");

    private static final int THREADS = 64;

    private final Optional<Path> program = Tools.find("apache2", "httpd");
    private final Optional<Path> modules =
            Stream.of(
                            "/usr/lib/apache2/modules",
                            "/usr/lib64/httpd/modules",
                            "/usr/lib/httpd/modules",
                            "/usr/lib64/apache2")
                    .map(Path::of)
                    .filter(Files::isDirectory)
                    .findFirst();
    private final Cleanup cleanup;

    public Apache(Cleanup cleanup) {
        this.cleanup = cleanup;
    }

    @Override
    public String name() {
        return "apache";
    }

    @Override
    public String description() {
        return "Apache httpd "
                + program.map(p -> Versions.of(cleanup, p.toString(), "-v")).orElse("")
                + ", event MPM, mod_cgid";
    }

    @Override
    public Optional<String> missing() {
        if (program.isEmpty() || modules.isEmpty()) {
            return Optional.of("not installed (Debian: apt-get install apache2-bin)");
        }
        return NEEDED.stream()
                .filter(name -> !Files.exists(module(name)))
                .findFirst()
                .map(name -> "its module mod_%s is not there".formatted(name));
    }

    @Override
    public List<Mode> modes() {
        return List.of(new Mode(name(), "/cgi-bin/"));
    }

    @Override
    public List<List<String>> prepare(Setup setup) throws IOException {
        List<String> lines = new ArrayList<>();
        NEEDED.forEach(name -> lines.add(load(name)));
        IF_THERE.stream()
                .filter(name -> Files.exists(module(name)))
                .forEach(name -> lines.add(load(name)));
        if (System.getProperty("user.name").equals("root")) {
            // It does not run scripts as root.
            lines.add("User #65534");
            lines.add("Group #65534");
        }
        lines.add(
                """
                ServerRoot "%1$s"
                PidFile "%1$s/httpd.pid"
                DefaultRuntimeDir "%1$s"
                ServerName localhost
                Listen 127.0.0.1:%2$d
                ErrorLog "%1$s/error.log"
                LogLevel warn
                StartServers %3$d
                ServerLimit %3$d
                ThreadsPerChild %4$d
                MaxRequestWorkers %5$d
                MinSpareThreads %5$d
                MaxSpareThreads %5$d
                KeepAlive On
                MaxKeepAliveRequests 0
                KeepAliveTimeout 60
                ScriptSock "%1$s/cgid.sock"
                ScriptAlias "/cgi-bin/" "%6$s/cgi-bin/"
                <Directory "%6$s/cgi-bin">
                    AllowOverride None
                    Options ExecCGI
                    Require all granted
                </Directory>
                """
                        .formatted(
                                setup.folder(),
                                setup.port(),
                                setup.workers(),
                                THREADS,
                                THREADS * setup.workers(),
                                setup.documentRoot()));
        if (setup.logs()) {
            lines.add("CustomLog \"%s\" common".formatted(setup.file("access.log")));
            lines.addFirst("LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b\" common");
        }
        Path configuration = Files.write(setup.file("httpd.conf"), lines);
        return List.of(
                List.of(
                        program.orElseThrow().toString(),
                        "-d",
                        setup.folder().toString(),
                        "-f",
                        configuration.toString(),
                        "-DFOREGROUND"));
    }

    private Path module(String name) {
        return modules.orElseThrow().resolve("mod_" + name + ".so");
    }

    private String load(String name) {
        return "LoadModule %s_module \"%s\"".formatted(name, module(name));
    }
}
