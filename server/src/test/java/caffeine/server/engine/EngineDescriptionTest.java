package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.engines.Engines;
import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class EngineDescriptionTest {

    private static final ServerOptions HELLO = ServerOptions.onPort(0);
    private static final ServerOptions SCRIPTS = HELLO.withApp(App.SCRIPTS);

    @ParameterizedTest
    @FieldSource("caffeine.server.engines.Engines#ALL")
    void isFoundByItsName(EngineDescription engine) {
        assertThat(Engines.named(engine.name())).isSameAs(engine);
        assertThat(engine.obstacle(SCRIPTS)).isNull();
    }

    @Test
    void elsewhereOnlyPortableEnginesRunAndNoScripts() {
        String system = System.setProperty("os.name", "Plan 9");
        try {
            assertThat(new Described(false).obstacle(HELLO))
                    .isEqualTo("needs Linux, and this is Plan 9");
            assertThat(new Described(true).obstacle(HELLO)).isNull();
            assertThat(new Described(true).obstacle(SCRIPTS))
                    .isEqualTo("needs Linux for scripts, and this is Plan 9");
        } finally {
            System.setProperty("os.name", system);
        }
    }

    private record Described(boolean isPortable) implements EngineDescription {
        @Override
        public String name() {
            return "described";
        }

        @Override
        public String drawing() {
            return "";
        }

        @Override
        public Engine make(EngineSetup setup) {
            throw new AssertionError();
        }
    }
}
