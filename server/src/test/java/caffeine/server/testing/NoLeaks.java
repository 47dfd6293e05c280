package caffeine.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.server.engine.Preload;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** Compares what is open, and which children there are, before and after each class of tests. */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final ExtensionContext.Namespace STORE =
            ExtensionContext.Namespace.create(NoLeaks.class);

    private static final long PATIENCE_NS = Until.PATIENCE_NS;

    public NoLeaks() {}

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        if (isNested(context)) {
            return; // what is open then is the outer class's
        }
        openWhatTheJdkKeeps();
        context.getStore(STORE).put("before", descriptors());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (isNested(context)) {
            return;
        }
        Object before = Objects.requireNonNull(context.getStore(STORE).get("before"));
        awaitChannels(before);
        assertThat(descriptors()).as("open descriptors").isEqualTo(before);
        assertThat(Processes.children(Processes.getpid())).as("children").isEmpty();
    }

    private static boolean isNested(ExtensionContext context) {
        return context.getRequiredTestClass().getEnclosingClass() != null;
    }

    /**
     * The JDK's channels open a descriptor for themselves, for good, and so do virtual threads when
     * the first of them waits for input.
     */
    private static void openWhatTheJdkKeeps() throws IOException {
        SocketChannel.open().close();
        Preload.virtualThreads();
    }

    /** A channel that is closed while a thread reads it goes when that thread has noticed. */
    private static void awaitChannels(Object before) {
        long untilNs = System.nanoTime() + PATIENCE_NS;
        while (!descriptors().equals(before) && System.nanoTime() - untilNs < 0) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** What is open, by number; without what the JVM opens at will. */
    private static Map<Integer, String> descriptors() {
        Map<Integer, String> open = new TreeMap<>();
        @Nullable String[] names = new File("/proc/self/fd").list();
        for (String name : names == null ? new String[0] : names) {
            String target = link("/proc/self/fd/" + name);
            boolean ofTheJvm =
                    target.isEmpty()
                            || target.endsWith(".jar")
                            || target.startsWith(System.getProperty("java.home"))
                            || target.startsWith("/dev/");
            if (!ofTheJvm || target.equals("/dev/null")) {
                open.put(Integer.valueOf(name), target);
            }
        }
        return open;
    }

    /** What a symbolic link says; empty if it is gone (as the listing's own descriptor is). */
    private static String link(String path) {
        byte[] target = new byte[4096];
        int length = Files.readlink(Files.AT_FDCWD, Files.path(path), target);
        return new String(target, 0, Math.max(0, length), StandardCharsets.UTF_8);
    }
}
