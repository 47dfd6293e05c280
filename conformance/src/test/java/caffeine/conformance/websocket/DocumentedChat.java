package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Repository;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;

/** The program that docs/websocket.md prints. */
final class DocumentedChat {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\n(.*?)^```$");
    private static final String HANDLER = "Handlers.webSocket(new Chat())";

    private DocumentedChat() {}

    /** As it is printed, at a port that the kernel picks. */
    static String source() throws IOException {
        String page = Files.readString(Repository.root().resolve("docs/websocket.md"));
        List<String> programs = BLOCK.matcher(page).results().map(block -> block.group(1)).toList();
        assertThat(programs).hasSize(1);
        return replaced(programs.getFirst(), "onPort(8080)", "onPort(0)");
    }

    /** The same for pages of that host, at any port. */
    static String forPagesOf(String host) throws IOException {
        String options = "WebSocketOptions.DEFAULT.withOrigins(\"" + host + "\")";
        return "import caffeine.server.options.WebSocketOptions;\n"
                + replaced(source(), HANDLER, "Handlers.webSocket(new Chat(), " + options + ")");
    }

    private static String replaced(String text, String part, String by) {
        assertThat(text).containsOnlyOnce(part);
        return text.replace(part, by);
    }
}
