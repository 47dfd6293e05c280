package caffeine.server.log;

/** What all lines have in common. */
final class Lines {

    /**
     * The longest line, its end included. A pipe takes so much in one piece whoever else writes to
     * it (PIPE_BUF, man 7 pipe), so lines of several processes never mix.
     */
    static final int MOST_BYTES = 4096;

    private Lines() {}
}
