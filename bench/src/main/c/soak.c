/* A script whose answer follows from its request alone, so that a client can compare every byte. Compiled twice: with
 * -DDIRECT it writes a whole HTTP response, otherwise a CGI/1.1 response. The query is
 *
 *   TOKEN.LENGTH.SEED.PAUSE.FRAMED
 *
 * It reads its content to the end, and answers with a line
 *
 *   TOKEN METHOD CONTENT_LENGTH BYTES HASH
 *
 * (bytes of content read, and their FNV-1a hash), waits for PAUSE milliseconds, and goes on with LENGTH bytes of noise
 * that SEED begins. FRAMED: whether a CGI response has a Content-Length. caffeine.bench.soak.Noise makes the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (64 * 1024)

static char block[BLOCK];

/* Ends when the client has gone; SIGPIPE mostly does that already. */
static void write_all(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(1, bytes, length);
        if (written <= 0) {
            exit(1);
        }
        bytes += written;
        length -= (size_t)written;
    }
}

static void write_noise(uint64_t state, size_t length) {
    while (length > 0) {
        size_t piece = length < BLOCK ? length : BLOCK;
        for (size_t i = 0; i < piece; i += 8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            for (int b = 0; b < 8; b++) {
                block[i + b] = (char)(state >> (8 * b));
            }
        }
        write_all(block, piece);
        length -= piece;
    }
}

int main(void) {
    char token[64];
    unsigned long long length, seed;
    unsigned pause_ms, framed;
    const char *query = getenv("QUERY_STRING");
    const char *method = getenv("REQUEST_METHOD");
    const char *said = getenv("CONTENT_LENGTH");
    if (!query || !method ||
        sscanf(query, "%63[^.].%llu.%llu.%u.%u", token, &length, &seed, &pause_ms, &framed) != 5) {
        return 2;
    }
    uint64_t hash = 0xcbf29ce484222325u;
    unsigned long long bytes = 0;
    ssize_t got;
    while ((got = read(0, block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            hash = (hash ^ (unsigned char)block[i]) * 0x100000001b3u;
        }
        bytes += (unsigned long long)got;
    }
    if (got < 0) {
        return 3;
    }
    char line[256];
    int line_length = snprintf(line, sizeof line, "%s %s %s %llu %016llx\n", token, method, said && *said ? said : "-",
                               bytes, (unsigned long long)hash);
    char head[512];
    int head_length;
#ifdef DIRECT
    head_length = snprintf(head, sizeof head,
                           "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nX-Token: %s\r\n"
                           "Content-Length: %llu\r\nConnection: close\r\n\r\n",
                           token, line_length + length);
#else
    head_length = snprintf(head, sizeof head, "Content-Type: application/octet-stream\nX-Token: %s\n", token);
    if (framed) {
        head_length += snprintf(head + head_length, sizeof head - (size_t)head_length, "Content-Length: %llu\n",
                                line_length + length);
    }
    head[head_length++] = '\n';
#endif
    write_all(head, (size_t)head_length);
    write_all(line, (size_t)line_length);
    if (pause_ms) {
        struct timespec time = {pause_ms / 1000, (long)(pause_ms % 1000) * 1000000};
        nanosleep(&time, NULL);
    }
    write_noise(seed, length);
    return 0;
}
