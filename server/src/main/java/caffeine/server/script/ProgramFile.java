package caffeine.server.script;

import caffeine.server.file.Printable;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Mistakes of a program file: whether the kernel can execute it (execve(2)), and whether the
 * program of its first line exists.
 */
final class ProgramFile {

    private static final String BYTE_ORDER_MARK =
            "it begins with a byte order mark, which hides its first line (#!); save it as UTF-8"
                    + " without one (sed -i '1s/^\\xef\\xbb\\xbf//')";

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
            return first(file).isOfAProgram();
        } catch (IOException _) {
            return false;
        }
    }

    /** Why an executable file would not run, with the next step; null when it should run. */
    @Nullable String trouble(Path file) {
        FirstLine first;
        try {
            first = first(file);
        } catch (IOException _) {
            // An unreadable file may be a valid binary.
            return Files.isReadable(file) ? "it cannot be read" : null;
        }
        return switch (first.kind()) {
            case SCRIPT -> troubleOfFirstLine(first);
            case MARKED_SCRIPT -> BYTE_ORDER_MARK;
            case EMPTY -> "it is executable, but empty; begin it with a line like #!/bin/sh";
            case TEXT ->
                    "it is executable, but begins neither with #! nor as a program does; begin it"
                            + " with a line like #!/bin/sh, or give it the ending of an"
                            + " interpreter";
            case BINARY, DATA -> null;
        };
    }

    /**
     * Mistakes that matter to a shell only, such as CR line ends.
     *
     * @param interpreter what runs the file
     */
    static @Nullable String troubleFor(String interpreter, Path file) {
        if (!interpreter.endsWith("sh")) {
            return null;
        }
        try {
            FirstLine first = first(file);
            if (first.kind() == FirstLine.Kind.MARKED_SCRIPT) {
                return BYTE_ORDER_MARK;
            }
            return first.endsInCrLf()
                    ? "its lines end in CR LF, and a shell takes the CR for a part of each command;"
                            + " save it with plain LF (sed -i 's/\\r$//')"
                    : null;
        } catch (IOException _) {
            return null;
        }
    }

    private @Nullable String troubleOfFirstLine(FirstLine first) {
        String program = first.program();
        if (first.endsInCrLf()) {
            return "its first line ends in CR LF, so the kernel looks for a program whose name ends"
                    + " in CR; save it with plain LF (sed -i 's/\\r$//')";
        }
        if (program == null || !program.startsWith("/")) {
            return "its first line (#!) names no absolute path; write #!/bin/sh or #!/usr/bin/env"
                    + " NAME";
        }
        if (!Files.isExecutable(Path.of(program))) {
            return "its first line (#!) names "
                    + Printable.of(program)
                    + ", which is not there or not executable; install it, or correct the line";
        }
        String argument = first.argument();
        if (argument != null
                && program.endsWith("/env")
                && !argument.startsWith("-")
                && argument.indexOf(' ') < 0
                && Interpreters.lookUp(argument, Interpreters.path(path)) == null) {
            return "its first line (#!) names "
                    + Printable.of(argument)
                    + ", which is not in PATH; install it, or correct the line";
        }
        return null;
    }

    private static FirstLine first(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return FirstLine.of(in.readNBytes(FirstLine.BYTES));
        }
    }
}
