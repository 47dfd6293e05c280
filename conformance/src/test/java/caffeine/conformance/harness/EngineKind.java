package caffeine.conformance.harness;

import java.util.List;
import java.util.Locale;

/** An engine under test, a line each. */
public enum EngineKind {
    PREFORK("--workers", "2"),
    SHARDED("--engine", "sharded", "--threads", "2"),
    VIRTUAL("--engine", "virtual", "--threads", "2");

    @SuppressWarnings("ImmutableEnumChecker") // a copy
    private final List<String> options;

    EngineKind(String... options) {
        this.options = List.of(options);
    }

    /** The engine of all tests that do not choose one: {@code -Dcaffeine.engine=sharded}. */
    static EngineKind chosen() {
        return valueOf(System.getProperty("caffeine.engine", "prefork").toUpperCase(Locale.ROOT));
    }

    /** The command-line options for it and two of its parts. */
    public String[] options() {
        return options.toArray(new String[0]);
    }
}
