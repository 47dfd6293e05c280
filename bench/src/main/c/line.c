/* A script that gives each line back, for latencies: what is measured is the server. With -DCGI it answers one request
 * of CGI/1.1 with its content, and one without content with none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void copy(char *bytes, ssize_t count) {
    while (count > 0) {
        ssize_t n = write(1, bytes, (size_t) count);
        if (n <= 0) exit(1);
        bytes += n;
        count -= n;
    }
}

int main(void) {
    static char bytes[4096];
#ifdef CGI
    char head[64], *declared = getenv("CONTENT_LENGTH");
    long length = declared ? strtol(declared, NULL, 10) : 0;
    copy(head, snprintf(head, sizeof head, "Content-Type: text/plain\nContent-Length: %ld\n\n", length));
#else
    long length = -1;
#endif
    while (length) {
        ssize_t n = read(0, bytes, sizeof bytes);
        if (n <= 0) return n < 0;
        copy(bytes, n);
        if (length > 0) length -= n;
    }
    return 0;
}
