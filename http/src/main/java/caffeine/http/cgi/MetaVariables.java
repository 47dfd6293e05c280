package caffeine.http.cgi;

import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

/**
 * The environment of a script: the meta-variables of RFC 3875 §4.1, and others that scripts rely on
 * (SCRIPT_FILENAME, DOCUMENT_ROOT, REQUEST_URI, REMOTE_PORT, and REDIRECT_STATUS, without which
 * php-cgi refuses to run).
 *
 * <p>Never set: AUTH_TYPE, REMOTE_USER and REMOTE_IDENT, because the server has no authentication;
 * HTTPS, unless a proxy in front speaks TLS with the client.
 */
public final class MetaVariables {

    private MetaVariables() {}

    /**
     * The values that are not part of the request. Paths are given as the bytes that the file
     * system knows, one character (ISO-8859-1) for each.
     *
     * @param documentRoot the folder that is served, absolute, without a slash at its end
     * @param scriptName the path of the script in the address, decoded, beginning with a slash
     * @param scriptFilename the absolute path of the script's file
     * @param pathInfo the decoded rest of the path behind the script, without dot segments, or
     *     {@code ""}
     * @param serverName the name of the server when the request has no host: the local address,
     *     IPv6 in brackets
     * @param serverPort the port to which the client sent the request
     * @param secure whether it did so by https
     * @param remoteAddress the client's address, IPv6 without brackets
     * @param remotePort the client's port
     * @param serverSoftware such as {@code "Caffeine/1.0"}
     * @param passAuthorization whether the script may see the client's credentials
     * @param contentLength the bytes of content as they lie ready for the script, chunks decoded,
     *     or -1 when the request has no content
     * @param localTarget null; or the path and query of a local redirect that is now answered in
     *     place of the request: a GET (HEAD stays HEAD) without content, RFC 3875 §6.2.2
     */
    public record Context(
            String documentRoot,
            String scriptName,
            String scriptFilename,
            String pathInfo,
            String serverName,
            int serverPort,
            boolean secure,
            String remoteAddress,
            int remotePort,
            String serverSoftware,
            boolean passAuthorization,
            long contentLength,
            @Nullable String localTarget) {

        /** The context of a plain request that is answered as it came, not redirected. */
        public Context(
                String documentRoot,
                String scriptName,
                String scriptFilename,
                String pathInfo,
                String serverName,
                int serverPort,
                String remoteAddress,
                int remotePort,
                String serverSoftware,
                boolean passAuthorization,
                long contentLength) {
            this(
                    documentRoot,
                    scriptName,
                    scriptFilename,
                    pathInfo,
                    serverName,
                    serverPort,
                    false,
                    remoteAddress,
                    remotePort,
                    serverSoftware,
                    passAuthorization,
                    contentLength,
                    null);
        }
    }

    /** Passes every variable of the request to the sink, each once. */
    public static void write(RequestHead head, Context context, VariableSink sink) {
        sink.variable("GATEWAY_INTERFACE", "CGI/1.1");
        writeServer(head, context, sink);
        writeRequest(head, context, sink);
        writeScript(context, sink);
        writeClient(context, sink);
        if (context.contentLength() >= 0 && context.localTarget() == null) {
            sink.variable("CONTENT_LENGTH", Long.toString(context.contentLength()));
        }
        FieldVariables.write(head.fields(), context, sink);
    }

    private static void writeServer(RequestHead head, Context context, VariableSink sink) {
        String host = head.host();
        sink.variable("SERVER_SOFTWARE", context.serverSoftware());
        sink.variable("SERVER_NAME", host.isEmpty() ? context.serverName() : host);
        sink.variable("SERVER_PORT", Integer.toString(context.serverPort()));
        if (context.secure()) {
            sink.variable("HTTPS", "on"); // as Apache's mod_ssl says it
        }
        sink.variable("SERVER_PROTOCOL", head.minorVersion() == 0 ? "HTTP/1.0" : "HTTP/1.1");
    }

    private static void writeRequest(RequestHead head, Context context, VariableSink sink) {
        String local = context.localTarget();
        if (local == null) {
            String query = head.target().rawQuery();
            sink.variable("REQUEST_METHOD", head.method());
            sink.variable("REQUEST_URI", originForm(head.target()));
            sink.variable("QUERY_STRING", query == null ? "" : query);
        } else {
            int mark = local.indexOf('?');
            sink.variable("REQUEST_METHOD", head.method().equals("HEAD") ? "HEAD" : "GET");
            sink.variable("REQUEST_URI", local);
            sink.variable("QUERY_STRING", mark < 0 ? "" : local.substring(mark + 1));
        }
    }

    private static String originForm(RequestTarget target) {
        if (target.form() != RequestTarget.Form.ABSOLUTE) {
            return target.text();
        }
        String query = target.rawQuery();
        return query == null ? target.rawPath() : target.rawPath() + '?' + query;
    }

    private static void writeScript(Context context, VariableSink sink) {
        sink.variable("SCRIPT_NAME", context.scriptName());
        sink.variable("SCRIPT_FILENAME", context.scriptFilename());
        sink.variable("DOCUMENT_ROOT", context.documentRoot());
        sink.variable("PATH_INFO", context.pathInfo());
        if (!context.pathInfo().isEmpty()) {
            // §4.1.6: it cannot lead out of the folder, for a path has lost its dot segments before
            // a part of it becomes PATH_INFO (RequestPath).
            sink.variable("PATH_TRANSLATED", context.documentRoot() + context.pathInfo());
        }
        // php-cgi requires it as a sign that a server has started it.
        sink.variable("REDIRECT_STATUS", "200");
    }

    private static void writeClient(Context context, VariableSink sink) {
        sink.variable("REMOTE_ADDR", context.remoteAddress());
        // §4.1.9: the address may stand for the name. Asking a name server would block the loop,
        // and its answer is the client's to choose.
        sink.variable("REMOTE_HOST", context.remoteAddress());
        sink.variable("REMOTE_PORT", Integer.toString(context.remotePort()));
    }
}
