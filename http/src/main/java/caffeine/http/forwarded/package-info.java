/** What a proxy in front says of the client: X-Forwarded-For, -Proto and -Port. */
package caffeine.http.forwarded;
