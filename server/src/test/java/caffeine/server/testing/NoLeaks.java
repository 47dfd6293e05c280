package caffeine.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Files;
import caffeine.os.Processes;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Compares what is open, and which children there are, before and after each class of tests. */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final ExtensionContext.Namespace STORE =
            ExtensionContext.Namespace.create(NoLeaks.class);

    public NoLeaks() {}

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        SocketChannel.open().close(); // the JDK's channels open one for themselves, for good
        context.getStore(STORE).put("before", descriptors());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Object before = context.getStore(STORE).get("before");
        assertThat(descriptors()).as("open descriptors").isEqualTo(before);
        assertThat(Processes.children(Processes.getpid())).as("children").isEmpty();
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
