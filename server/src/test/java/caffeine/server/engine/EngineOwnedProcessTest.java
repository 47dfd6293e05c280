package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.embed.Server;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** Engines of processes in a program, which has to give them its process. */
@ExtendWith(NoLeaks.class)
class EngineOwnedProcessTest {

    @ParameterizedTest
    @ValueSource(strings = {"prefork", "fork"})
    void isNeededForWorkers(String engine, @TempDir Path root) throws Exception {
        EngineFolder folder = new EngineFolder(root);
        folder.script("cgi-bin/hello", "printf 'Content-Type: text/plain\\n\\nscript'");
        Server.Builder builder = Server.builder().engine(engine).size(2).scripts(root);
        assertThatThrownBy(builder::start)
                .isInstanceOf(StartException.class)
                .hasMessageContaining("needs the process for itself");
        try (Server server = builder.ownsProcess().start();
                WireClient client = new WireClient((InetSocketAddress) server.address())) {
            String ask = "GET /cgi-bin/hello HTTP/1.1\r\nHost: a.test\r\n\r\n";
            assertThat(client.ask(ask).text()).isEqualTo("script");
        }
    }
}
