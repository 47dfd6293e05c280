package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.engine.EngineMistakesTest.Thrown;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;

/** Starts that fail: each leaves nothing, however it fails. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineStartTest {

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @Test
    void whateverThrowsOnceItIsBound(@TempDir Path root) {
        for (Thrown what : Thrown.values()) {
            Engine engine = kind.make(TestOptions.serving(root));
            assertThatThrownBy(() -> engine.start(_ -> what.now()))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith("the server cannot start: ");
        }
        startsAfterwards(root);
    }

    @Test
    void aFolderThatIsNotThere(@TempDir Path root) {
        Engine engine = kind.make(TestOptions.serving(root.resolve("missing")));
        assertThatThrownBy(engine::start).isInstanceOf(StartException.class);
        startsAfterwards(root);
    }

    /** The claim on the process is free again. */
    private void startsAfterwards(Path root) {
        kind.start(TestOptions.serving(root)).close();
    }
}
