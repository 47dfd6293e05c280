package caffeine.server.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.net.InetAddress;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Loads and initialises classes before they are needed. Code that handles an error is often needed
 * for the first time when descriptors or memory have run out: its class cannot be read from its jar
 * then, and stays broken for the life of the JVM (NoClassDefFoundError). Engines call this at their
 * start for the classes of the server; a program may call it for its own:
 *
 * <pre>{@code
 * Preload.classesBeside(Main.class);
 * }</pre>
 */
public final class Preload {

    private static final String CLASS = ".class";

    private static final AtomicBoolean VIRTUAL_THREADS = new AtomicBoolean();

    /** How long a virtual thread may take to wait, and then to end: a minute, and 10 s. */
    private static final int MOST_LOOKS = 600_000;

    private static final long LOOK_NS = 100_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Preload() {}

    /**
     * Loads and initialises all classes of the modules that these classes are in; on the class
     * path, of their jars or folders. Keeps the jars open. A class that cannot be loaded is
     * skipped: its first use reports that.
     *
     * @return how many were loaded
     */
    public static int classesBeside(Class<?>... classes) {
        int loaded = 0;
        for (Class<?> one : classes) {
            for (String name : namesBeside(one)) {
                loaded += load(name, one.getClassLoader()) ? 1 : 0;
            }
        }
        return loaded;
    }

    private static boolean load(String name, ClassLoader loader) {
        try {
            Class.forName(name, true, loader);
            return true;
        } catch (ClassNotFoundException | LinkageError _) {
            return false;
        }
    }

    private static List<String> namesBeside(Class<?> one) {
        try {
            return one.getModule().isNamed() ? namesOf(one.getModule()) : namesOf(one);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list the classes beside " + one.getName(), e);
        }
    }

    private static List<String> namesOf(Module module) throws IOException {
        // The loader opens the jar for this, and keeps it: what was cached may never have been
        // read.
        try (var _ = module.getResourceAsStream("module-info.class")) {
            ResolvedModule resolved =
                    module.getLayer().configuration().findModule(module.getName()).orElseThrow();
            try (ModuleReader reader = resolved.reference().open();
                    Stream<String> resources = reader.list()) {
                return names(resources);
            }
        }
    }

    private static List<String> namesOf(Class<?> one) throws IOException {
        CodeSource source = one.getProtectionDomain().getCodeSource();
        if (source == null) {
            return List.of();
        }
        Path place;
        try {
            place = Path.of(source.getLocation().toURI());
        } catch (URISyntaxException | IllegalArgumentException _) {
            return List.of(); // neither a file nor a folder
        }
        if (Files.isDirectory(place)) {
            try (Stream<Path> files = Files.walk(place)) {
                return names(files.map(file -> place.relativize(file).toString()));
            }
        }
        try (JarFile jar = new JarFile(place.toFile())) {
            return names(jar.stream().map(entry -> entry.getName()));
        }
    }

    private static List<String> names(Stream<String> resources) {
        List<String> names = new ArrayList<>();
        resources
                .filter(name -> name.endsWith(CLASS) && !name.contains("-"))
                .forEach(
                        name ->
                                names.add(
                                        name.substring(0, name.length() - CLASS.length())
                                                .replace('/', '.')));
        return names;
    }

    /** Initialises the JDK's classes for addresses. */
    public static void addresses() {
        try {
            InetAddress _ = InetAddress.getByAddress(new byte[4]);
            InetAddress _ = InetAddress.getByAddress(new byte[16]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // both have the length of an address
        }
    }

    /**
     * Initialises the JDK's pollers for virtual threads ({@code sun.nio.ch.Poller}), which takes
     * descriptors: one of them waits for a byte. Without a thread to carry that one, nothing is
     * initialised.
     *
     * @throws UncheckedIOException when there are no descriptors for it
     */
    public static void virtualThreads() {
        if (VIRTUAL_THREADS.get()) {
            return;
        }
        try {
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source();
                    Pipe.SinkChannel sink = pipe.sink()) {
                Thread waits = Thread.ofVirtual().unstarted(() -> read(source));
                waits.start();
                // It waits in the poller once it is no longer runnable; a byte sent before that
                // would be read without it. Without a thread to carry it, it never runs.
                for (int i = 0; i < MOST_LOOKS && waits.getState() != Thread.State.WAITING; i++) {
                    LockSupport.parkNanos(LOOK_NS);
                }
                sink.write(ByteBuffer.allocate(1));
                VIRTUAL_THREADS.set(waits.join(PATIENCE));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare virtual threads", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void read(Pipe.SourceChannel source) {
        try {
            source.read(ByteBuffer.allocate(1));
        } catch (IOException _) {
            // The pipe was closed: the poller is initialised all the same.
        }
    }
}
