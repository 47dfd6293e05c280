package caffeine.os;

/**
 * What a child shall have as its descriptors 0, 1 and 2, as moves in an order in which none
 * overwrites what a later one needs.
 */
record ChildDescriptors(int stdin, int stdout, int stderr) {

    /** Something that carries the moves out in the child. Each returns 0 or −errno. */
    interface Actions {
        /** dup2(2); where both are the same, the child keeps it. */
        int move(int from, int to);

        int close(int fd);
    }

    /**
     * Has the child move the three descriptors into place, in order. One that lies where an earlier
     * move goes is lifted out of the way first.
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

    /** A number above 2 that is none of these: what the child has there it does not need. */
    private static int spare(int a, int b, int c) {
        int spare = 3;
        while (spare == a || spare == b || spare == c) {
            spare++;
        }
        return spare;
    }
}
