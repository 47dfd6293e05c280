package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What an executable file begins with, and whether the kernel could run that (execve(2)): {@code
 * #!} and a program that is there, or a binary.
 */
final class ProgramFile {

    /** What the kernel reads of a first line (BINPRM_BUF_SIZE, linux/binfmts.h). */
    private static final int FIRST_BYTES = 256;

    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

    private final @Nullable String path;

    /**
     * @param path the PATH that scripts get, or null
     */
    ProgramFile(@Nullable String path) {
        this.path = path;
    }

    /** Whether a file that is not executable was perhaps meant to be. */
    static boolean looksLikeOne(Path file) {
        try {
            byte[] first = first(file);
            return isScript(first) || isBinary(first);
        } catch (IOException _) {
            return false;
        }
    }

    /** Why an executable file would not run, and what to do; null when it should. */
    @Nullable String trouble(Path file) {
        byte[] first;
        try {
            first = first(file);
        } catch (IOException _) {
            // A binary runs unread; whether it is one nobody can say.
            return Files.isReadable(file) ? "it cannot be read" : null;
        }
        if (isScript(first)) {
            return troubleOfFirstLine(first);
        }
        if (first.length == 0) {
            return "it is executable, but empty; begin it with a line like #!/bin/sh";
        }
        if (!isBinary(first) && isText(first)) {
            return "it is executable, but begins neither with #! nor as a program does; begin it"
                    + " with a line like #!/bin/sh, or give it a known ending and take away its run"
                    + " bit";
        }
        return null;
    }

    private @Nullable String troubleOfFirstLine(byte[] first) {
        String line = new String(first, ISO_8859_1).lines().findFirst().orElse("");
        String[] words = line.substring(2).strip().split("[ \t]+", -1);
        String program = words[0];
        if (isCut(first, "\r\n")) {
            return "its first line ends in CR LF, so the kernel looks for a program whose name ends"
                    + " in CR; save it with plain LF (sed -i 's/\\r$//')";
        }
        if (!program.startsWith("/")) {
            return "its first line (#!) names no absolute path; write #!/bin/sh or #!/usr/bin/env"
                    + " NAME";
        }
        if (!Files.isExecutable(Path.of(program))) {
            return "its first line (#!) names "
                    + Printable.of(program)
                    + ", which is not there or not executable; install it, or correct the line";
        }
        boolean env = program.endsWith("/env") && words.length == 2 && !words[1].startsWith("-");
        if (env && Interpreters.lookUp(words[1], Interpreters.path(path)) == null) {
            return "its first line (#!) names "
                    + Printable.of(words[1])
                    + ", which is not in PATH; install it, or correct the line";
        }
        return null;
    }

    /** Whether the first line ends so. */
    private static boolean isCut(byte[] first, String end) {
        String text = new String(first, ISO_8859_1);
        int lineFeed = text.indexOf('\n');
        return lineFeed > 0 && text.startsWith(end, lineFeed + 1 - end.length());
    }

    private static byte[] first(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(FIRST_BYTES);
        }
    }

    private static boolean isScript(byte[] first) {
        return first.length >= 2 && first[0] == '#' && first[1] == '!';
    }

    private static boolean isBinary(byte[] first) {
        return first.length >= ELF.length
                && Arrays.equals(first, 0, ELF.length, ELF, 0, ELF.length);
    }

    private static boolean isText(byte[] first) {
        for (byte b : first) {
            if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t') {
                return false;
            }
        }
        return true;
    }
}
