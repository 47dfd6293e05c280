/**
 * CGI/1.1, RFC 3875, the server's side: what a script is told ({@link
 * caffeine.http.cgi.MetaVariables}), and what it answers ({@link
 * caffeine.http.cgi.ScriptResponseParser}).
 */
package caffeine.http.cgi;
