package caffeine.server.core;

import caffeine.http.Fields;

import org.jspecify.annotations.Nullable;

/**
 * An exchange that has ended, for the logs.
 *
 * @param method the request's method, or null when no request was understood
 * @param target the request target as sent, or null
 * @param minorVersion of HTTP/1; −1 when the request was refused before
 * @param fields the request's field lines, valid during the call only; null as the method
 * @param status the status of the answer; {@link ServerEvents#STATUS_UNKNOWN} when a script
 *     answered directly; {@link ServerEvents#STATUS_NONE} when nothing was
 * @param bytes of content sent (in direct mode: of the whole response)
 * @param durationNs since the request's head was complete
 * @param handler how the script's process ended, or null when none ran
 */
public record ExchangeReport(
        ClientAddress client,
        @Nullable String method,
        @Nullable String target,
        int minorVersion,
        @Nullable Fields fields,
        int status,
        long bytes,
        long durationNs,
        @Nullable HandlerEnd handler) {}
