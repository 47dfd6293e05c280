/** What every engine needs beside its arrangement: a loop with its clients, and room for them. */
package caffeine.server.service;
