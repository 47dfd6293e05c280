package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

/** The quick client beside the trouble: it must get its answers whatever happens there. */
final class Beside {

    private static final int EXCHANGES = 4;

    private Beside() {}

    /** Puts into the tree what the quick client asks for. */
    static void prepare(Tree tree) {
        tree.sh("cgi-bin/quick", Scripts.CGI_HEAD + "echo quick\n");
        tree.sh("quick", Scripts.DIRECT_HEAD + "echo quick\n");
    }

    /** A few answers of both kinds; more exchanges than workers, so that each has its turn. */
    static void isServed(Server server) {
        for (int i = 0; i < EXCHANGES; i++) {
            assertQuick(server.get("/cgi-bin/quick"));
            assertQuick(server.get("/quick"));
        }
    }

    private static void assertQuick(Response response) {
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("quick\n");
    }
}
