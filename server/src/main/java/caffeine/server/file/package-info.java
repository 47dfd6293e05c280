/** Files as responses: trees of files, a cache of small ones, and the handler. */
package caffeine.server.file;
