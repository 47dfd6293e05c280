package caffeine.server.log;

/** The rules that all lines share. */
final class Lines {

    /**
     * The longest line, its end included. A pipe takes so much in one piece, also with several
     * writers (PIPE_BUF, man 7 pipe), so lines of several processes never mix.
     */
    static final int MOST_BYTES = 4096;

    private Lines() {}
}
