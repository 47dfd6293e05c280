/**
 * CGI/1.1, RFC 3875, on the server's side: the environment of a script ({@link
 * caffeine.http.cgi.MetaVariables}), and its response ({@link
 * caffeine.http.cgi.ScriptResponseParser}).
 */
package caffeine.http.cgi;
