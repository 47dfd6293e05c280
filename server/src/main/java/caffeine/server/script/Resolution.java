package caffeine.server.script;

import caffeine.server.options.LogLevel;

import org.jspecify.annotations.Nullable;

/** The result of a {@link ScriptResolver} for an address. */
public sealed interface Resolution
        permits Script, Resolution.Sent, Resolution.Redirect, Resolution.Refusal {

    /**
     * A file that is sent, and never run, if there is one; nothing has been looked up yet.
     *
     * @param name its path below the served folder; a character for each byte
     * @param isFolder whether the address ends in a slash
     * @param above the names up to and including the folder {@code static} that decides; empty
     *     where a route does
     * @param route the route of its path
     */
    record Sent(String name, boolean isFolder, String above, ScriptRoute route)
            implements Resolution {}

    /**
     * A folder, asked for without the slash at its end: 308 to the address with it (RFC 9110
     * §15.4.9).
     *
     * @param path the normalised path, percent-encoded; it begins with exactly one slash, so that
     *     no browser reads its first segment as a host, and ends in one
     */
    record Redirect(String path) implements Resolution {

        /** The value of the Location field. */
        public String location(@Nullable String rawQuery) {
            return rawQuery == null ? path : path + "?" + rawQuery;
        }
    }

    /**
     * No script.
     *
     * @param status the answer: 404, 403, 500 or 503
     * @param level DEBUG when clients cause it, WARN when the operator can fix it
     * @param detail the reason and the next step, for the log, never for the client; printable
     *     ASCII
     */
    record Refusal(int status, LogLevel level, String detail) implements Resolution {}
}
