package caffeine.bench.soak;

/** What a soak must not see. */
public final class SoakFailure extends Exception {
    private static final long serialVersionUID = 1;

    SoakFailure(String what) {
        super(what);
    }
}
