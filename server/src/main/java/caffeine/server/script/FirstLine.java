package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * The beginning of a file, as execve(2) reads it.
 *
 * @param kind the kind of the file
 * @param program the program that a first line {@code #!} names, a character for each byte; null
 *     without one
 * @param argument the rest of that line, which is one argument however many words it has (man 2
 *     execve); null without one
 * @param endsInCrLf whether that line ends in CR LF. For the kernel the CR is a part of the name or
 *     the argument; here it is not
 */
record FirstLine(
        Kind kind, @Nullable String program, @Nullable String argument, boolean endsInCrLf) {

    /** The bytes of a file that the kernel reads (BINPRM_BUF_SIZE, linux/binfmts.h). */
    static final int BYTES = 256;

    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
    private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    /** The kind of a file, judged by its first bytes. */
    enum Kind {
        /** It begins with {@code #!}. */
        SCRIPT,
        /**
         * It begins with a byte order mark (UTF-8) and {@code #!}, which the kernel does not
         * accept.
         */
        MARKED_SCRIPT,
        BINARY,
        /** Text without a {@code #!} line. */
        TEXT,
        EMPTY,
        DATA
    }

    /**
     * Looks at a file's first bytes.
     *
     * @param first {@link #BYTES} of them, or all that there are
     */
    static FirstLine of(byte[] first) {
        if (isScript(first, 0)) {
            return ofScript(first);
        }
        Kind kind = Kind.DATA;
        if (first.length == 0) {
            kind = Kind.EMPTY;
        } else if (startsWith(first, ELF)) {
            kind = Kind.BINARY;
        } else if (startsWith(first, MARK) && isScript(first, MARK.length)) {
            kind = Kind.MARKED_SCRIPT;
        } else if (isText(first)) {
            kind = Kind.TEXT;
        }
        return new FirstLine(kind, null, null, false);
    }

    /** Takes the line apart as linux/fs/binfmt_script.c does. */
    private static FirstLine ofScript(byte[] first) {
        String text = new String(first, 2, first.length - 2, ISO_8859_1);
        int lineFeed = text.indexOf('\n');
        String line = lineFeed < 0 ? text : text.substring(0, lineFeed);
        boolean crLf = line.endsWith("\r");
        int nul = line.indexOf('\0');
        line = stripped(nul < 0 ? line : line.substring(0, nul), crLf);
        int end = 0;
        while (end < line.length() && !isBlank(line.charAt(end))) {
            end++;
        }
        boolean isCut = lineFeed < 0 && first.length == BYTES && end == line.length();
        String program = end == 0 || isCut ? null : line.substring(0, end);
        String argument = stripped(line.substring(end), false);
        return new FirstLine(Kind.SCRIPT, program, argument.isEmpty() ? null : argument, crLf);
    }

    private static String stripped(String line, boolean crLf) {
        int start = 0;
        int end = line.length() - (crLf && line.endsWith("\r") ? 1 : 0);
        while (start < end && isBlank(line.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(line.charAt(end - 1))) {
            end--;
        }
        return line.substring(start, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isScript(byte[] first, int from) {
        return first.length >= from + 2 && first[from] == '#' && first[from + 1] == '!';
    }

    private static boolean startsWith(byte[] first, byte[] with) {
        return first.length >= with.length
                && Arrays.equals(first, 0, with.length, with, 0, with.length);
    }

    private static boolean isText(byte[] first) {
        for (byte b : first) {
            if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f') {
                return false;
            }
        }
        return true;
    }

    /** Whether the file was perhaps meant to be executable. */
    boolean isOfAProgram() {
        return switch (kind) {
            case SCRIPT, MARKED_SCRIPT, BINARY -> true;
            case TEXT, EMPTY, DATA -> false;
        };
    }

    /** Whether an interpreter may run a file that the kernel cannot execute. */
    boolean isForAnInterpreter() {
        return kind == Kind.TEXT || kind == Kind.MARKED_SCRIPT;
    }
}
