package caffeine.cli.options;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/**
 * Finds the known name that a wrong one was meant to be, or none: a wrong guess is worse than none.
 *
 * <p>A name is near when getting there costs no more than the longer of the two has letters. A
 * letter that is inserted, removed or replaced costs 4, two neighbours that change places cost 3
 * (Damerau and Levenshtein). So a quarter of the letters may be wrong, and of three letters none,
 * but they may be in the wrong order: {@code prot} is port, and {@code tls} is nothing.
 */
final class Nearest {

    private static final int EDIT = 4;
    private static final int SWAP = 3;

    /** A beginning of fewer letters says too little. */
    private static final int SHORTEST_BEGINNING = 3;

    private Nearest() {}

    /**
     * The name that begins like the word, or else is nearest to it; null when none is near. Hyphens
     * at the beginning and the case of letters do not count.
     */
    static @Nullable String of(String word, Iterable<String> names) {
        String bare = bare(word);
        String begun = begunBy(bare, names);
        if (begun != null) {
            return begun;
        }
        String nearest = null;
        int least = Integer.MAX_VALUE;
        for (String name : names) {
            String known = bare(name);
            int most = Math.max(bare.length(), known.length());
            // The lengths alone cost as much; a word of any length is not compared for long.
            if (Math.abs(bare.length() - known.length()) * EDIT <= most) {
                int cost = cost(bare, known);
                if (cost <= most && cost < least) {
                    nearest = name;
                    least = cost;
                }
            }
        }
        return nearest;
    }

    private static String bare(String name) {
        int start = 0;
        while (start < name.length() && name.charAt(start) == '-') {
            start++;
        }
        return name.substring(start).toLowerCase(Locale.ROOT);
    }

    /** The name that begins so, if there is one with which all others that do begin. */
    private static @Nullable String begunBy(String bare, Iterable<String> names) {
        String shortest = null;
        for (String name : names) {
            if (bare(name).startsWith(bare)
                    && (shortest == null || name.length() < shortest.length())) {
                shortest = name;
            }
        }
        if (shortest == null || bare.length() < SHORTEST_BEGINNING) {
            return null;
        }
        for (String name : names) {
            if (bare(name).startsWith(bare) && !name.startsWith(shortest)) {
                return null;
            }
        }
        return shortest;
    }

    private static int cost(String from, String to) {
        int[][] costs = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                costs[i][j] = i == 0 || j == 0 ? (i + j) * EDIT : cost(from, i, to, j, costs);
            }
        }
        return costs[from.length()][to.length()];
    }

    /** From the first i letters to the first j, when all that is shorter is known. */
    private static int cost(String from, int i, String to, int j, int[][] costs) {
        char last = from.charAt(i - 1);
        boolean same = last == to.charAt(j - 1);
        int cost = costs[i - 1][j - 1] + (same ? 0 : EDIT);
        cost = Math.min(cost, Math.min(costs[i - 1][j], costs[i][j - 1]) + EDIT);
        boolean swapped =
                i > 1
                        && j > 1
                        && last == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(cost, costs[i - 2][j - 2] + SWAP) : cost;
    }
}
