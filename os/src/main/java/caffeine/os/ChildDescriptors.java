package caffeine.os;

/**
 * The descriptors 0, 1 and 2 of a child, as moves in an order in which no move overwrites a
 * descriptor that a later one needs.
 */
record ChildDescriptors(int stdin, int stdout, int stderr) {

    /** Carries out the moves in the child. Each returns 0 or −errno. */
    interface Actions {
        /** dup2(2); where both are the same, the child keeps it. */
        int move(int from, int to);

        int close(int fd);
    }

    /**
     * Moves the three descriptors into place, in order. A descriptor at the target of an earlier
     * move is duplicated elsewhere first.
     *
     * @return 0 or −errno
     */
    int addTo(Actions actions) {
        int outFrom = stdout;
        int errFrom = stderr;
        int result = 0;
        if (stdout == 0 && stdin != 0) {
            outFrom = spare(stdin, stderr, stderr);
            result = actions.move(stdout, outFrom);
        }
        boolean errOverwritten = (stderr == 0 && stdin != 0) || (stderr == 1 && stdout != 1);
        if (result == 0 && errOverwritten) {
            errFrom = spare(stdin, stdout, outFrom);
            result = actions.move(stderr, errFrom);
        }
        result = result != 0 ? result : actions.move(stdin, 0);
        result = result != 0 ? result : actions.move(outFrom, 1);
        result = result != 0 ? result : actions.move(errFrom, 2);
        if (result == 0 && outFrom != stdout) {
            result = actions.close(outFrom);
        }
        if (result == 0 && errFrom != stderr) {
            result = actions.close(errFrom);
        }
        return result;
    }

    /** A number above 2 that is none of these; the child does not need a descriptor there. */
    private static int spare(int a, int b, int c) {
        int spare = 3;
        while (spare == a || spare == b || spare == c) {
            spare++;
        }
        return spare;
    }
}
