package caffeine.server.handler;

import caffeine.http.Fields;

import java.nio.charset.StandardCharsets;

/**
 * A field section that is kept for long and seldom read, as that of an idle WebSocket connection:
 * all its text in one array, from which each call makes a string. Immutable.
 */
final class PackedFields implements Fields {

    /** Names and values in turn, one byte a character (ISO-8859-1), behind each other. */
    private final byte[] text;

    /** The index in {@link #text} behind each name and each value. */
    private final int[] ends;

    /** A copy. */
    PackedFields(Fields fields) {
        StringBuilder all = new StringBuilder();
        ends = new int[2 * fields.size()];
        for (int i = 0; i < fields.size(); i++) {
            all.append(fields.name(i));
            ends[2 * i] = all.length();
            all.append(fields.value(i));
            ends[2 * i + 1] = all.length();
        }
        text = all.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public int size() {
        return ends.length / 2;
    }

    @Override
    public String name(int i) {
        return part(2 * i);
    }

    @Override
    public String value(int i) {
        return part(2 * i + 1);
    }

    private String part(int i) {
        int end = ends[i];
        int from = i == 0 ? 0 : ends[i - 1];
        return new String(text, from, end - from, StandardCharsets.ISO_8859_1);
    }

    /** The lines as they were sent, for logs and tests. */
    @Override
    public String toString() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < size(); i++) {
            lines.append(name(i)).append(": ").append(value(i)).append("\r\n");
        }
        return lines.toString();
    }
}
