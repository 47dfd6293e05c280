/** The client, as reported by a proxy: X-Forwarded-For, -Proto and -Port. */
package caffeine.http.forwarded;
