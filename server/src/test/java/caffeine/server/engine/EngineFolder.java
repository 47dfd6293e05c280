package caffeine.server.engine;

import caffeine.server.options.Deadlines;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The scripts of the contract. */
final class EngineFolder {

    /** Until a test opens the gate; the pid tells that it runs. */
    private static final String GATED = "until [ -e gate ]; do sleep 0.02; done; rm gate";

    private static final String CGI_HEAD = "printf 'Content-Type: text/plain\\n\\n'; ";
    private static final String DIRECT_HEAD = "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'; ";
    private static final String BIG = "head -c " + EngineFolder.BIG_BYTES + " /dev/zero";

    /** More than the kernel keeps for one who reads slowly. */
    static final int BIG_BYTES = 12_000_000;

    private final Path root;

    EngineFolder(Path root) {
        this.root = root;
        String pid = "echo $$ >" + root + "/${0##*/}.pid; cd " + root + "; ";
        for (String folder : new String[] {"cgi-bin/", ""}) {
            String head = folder.isEmpty() ? DIRECT_HEAD : CGI_HEAD;
            script(folder + "hello", head + "echo \"$REQUEST_METHOD $PATH_INFO\"");
            script(folder + "echo", head + "cat");
            script(folder + "big", head + BIG);
            script(folder + "endless", pid + head + "exec yes");
            script(folder + "gated", pid + GATED + "; " + head + "echo passed");
            script(folder + "stuck", pid + "exec sleep 600");
            script(folder + "ticks", pid + head + "while :; do echo tick; sleep 0.05; done");
            script(folder + "silent", "exit 3");
            script(folder + "who", head + "echo \"$REMOTE_ADDR $SERVER_NAME $SERVER_PORT\"");
            script(folder + "set", head + "echo \"$BY_ROUTE\"");
        }
    }

    void script(String name, String text) {
        try {
            Path file = root.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "#!/bin/sh\n" + text + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pid that the script of this name has written, once it has; asked for once a run. */
    int takePid(String name) {
        Path file = root.resolve(name + ".pid");
        String[] text = {""};
        Until.holds(
                name + " runs",
                () -> {
                    text[0] = Files.exists(file) ? Files.readString(file) : "";
                    return text[0].endsWith("\n");
                });
        remove(file);
        return Integer.parseInt(text[0].strip());
    }

    private static void remove(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets one script through that waits for it. */
    void openGate() {
        try {
            Files.createFile(root.resolve("gate"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a script has gone through the gate, and closed it behind itself. */
    void awaitPassage() {
        Until.holds("a script goes through", () -> !Files.exists(root.resolve("gate")));
    }

    static void awaitGone(int pid) {
        Until.holds("process " + pid + " is gone", () -> !Files.exists(Path.of("/proc/" + pid)));
    }

    /** Serves them, with time for everything. */
    ServerOptions options() {
        ServerOptions options = TestOptions.serving(root);
        return options.withScripts(
                        options.scripts()
                                .withRoutes(
                                        List.of(
                                                new RouteOptions(
                                                        "",
                                                        Map.of(
                                                                RouteSetting.MODE,
                                                                "direct",
                                                                RouteSetting.ENV,
                                                                List.of("BY_ROUTE=it is é"))),
                                                route("/cgi-bin", "cgi", RouteSetting.MODE))))
                .withDeadlines(deadlines(60_000, 60_000, 60_000))
                .withLog(LogOptions.of(LogLevel.ERROR));
    }

    static RouteOptions route(String prefix, Object value, RouteSetting setting) {
        return new RouteOptions(prefix, Map.of(setting, value));
    }

    /** Deadlines in milliseconds: those for clients, for handlers, and for what runs on stop. */
    static Deadlines deadlines(int clients, int handler, int grace) {
        long ns = TimeUnit.MILLISECONDS.toNanos(clients);
        return new Deadlines(
                ns,
                ns,
                ns,
                ns,
                TimeUnit.MILLISECONDS.toNanos(handler),
                TimeUnit.MILLISECONDS.toNanos(grace));
    }
}
