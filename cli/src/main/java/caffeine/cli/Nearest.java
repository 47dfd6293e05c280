package caffeine.cli;

import org.jspecify.annotations.Nullable;

/** Guesses which of the known names someone meant. */
final class Nearest {

    private static final int MOST_EDITS = 3;

    private Nearest() {}

    /** The name that begins so, or else differs in the fewest letters; null when none is near. */
    static @Nullable String of(String word, Iterable<String> names) {
        String nearest = null;
        int fewest = Math.min(MOST_EDITS, (word.length() + 2) / 3 + 1);
        for (String name : names) {
            int edits = name.startsWith(word) ? 0 : edits(word, name);
            if (edits < fewest && word.length() > 2) {
                nearest = name;
                fewest = edits;
            }
        }
        return nearest;
    }

    /** Letters to insert, remove or replace to get from one word to the other (Levenshtein). */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
