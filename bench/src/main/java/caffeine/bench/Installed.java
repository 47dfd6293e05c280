package caffeine.bench;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code ./build.sh} made: how large it is, and how long it takes to say and to start. */
final class Installed {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final List<String> QUESTIONS = List.of("--help", "-L");
    private static final Pattern PORT = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+) ");
    private static final String REQUEST =
            "GET /hello HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";

    private final Path image;
    private final Path home;
    private final Path site;
    private final Cleanup cleanup;

    private Installed(Path image, Path home, Path site, Cleanup cleanup) {
        this.image = image;
        this.home = home;
        this.site = site;
        this.cleanup = cleanup;
    }

    /** The image in the folder {@code build} beside the launcher; null when there is none. */
    static @Nullable Installed in(Path launcher, Cleanup cleanup) throws IOException {
        Path image = launcher.resolveSibling("build/image");
        if (!Files.isExecutable(image.resolve("bin/caffeine"))) {
            return null;
        }
        Path home = Files.createDirectory(cleanup.newFile("home"));
        Path site = launcher.resolveSibling("examples");
        return new Installed(image, home, site, cleanup);
    }

    /** The size of its files, in MB of 1,048,576 bytes. */
    double megabytes() throws IOException {
        long bytes = 0;
        try (Stream<Path> all = Files.walk(image)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes / (double) (1 << 20);
    }

    /** Does each thing once, and tells how long it took, in milliseconds. */
    void measure(int workers, BiConsumer<String, Double> figures)
            throws IOException, InterruptedException {
        for (String question : QUESTIONS) {
            long startNs = System.nanoTime();
            run(question);
            figures.accept("installed: caffeine " + question, since(startNs));
        }
        String name = "bench-" + ProcessHandle.current().pid();
        long startNs = System.nanoTime();
        String[] words = {
            "-d", "-n", name, "-p", "0", "-w", Integer.toString(workers), "--path", site.toString()
        };
        Matcher port = PORT.matcher(run(words));
        if (!port.find()) {
            throw new IOException("the installed caffeine said nothing of its port");
        }
        ask(Integer.parseInt(port.group(1)));
        figures.accept(
                "installed: daemon, %d workers, to the first answer".formatted(workers),
                since(startNs));
        run("-s", "-n", name);
    }

    private static double since(long startNs) {
        return (System.nanoTime() - startNs) / 1e6;
    }

    private static void ask(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
            InputStream answer = socket.getInputStream();
            if (answer.read() < 0) {
                throw new IOException("the installed caffeine answered nothing");
            }
        }
    }

    private String run(String... words) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of("env", "HOME=" + home, image.resolve("bin/caffeine").toString()));
        command.addAll(List.of(words));
        Command ran = Command.run(cleanup, PATIENCE, command);
        if (ran.status() != 0) {
            throw new IOException(String.join(" ", command) + " failed:\n" + ran.text());
        }
        return ran.text();
    }
}
