/* A load generator that costs next to nothing, so that it does not hold back the server that it shares the
 * processors with: one thread, epoll, one send(2) and one recv(2) for all the requests that go out together.
 *
 *   load PORT CONNECTIONS DEPTH
 *
 * connects to 127.0.0.1, has each connection answered once, and prints "ready". Then it takes commands, a line
 * each: a number is for how many milliseconds to ask for "/" over all connections, DEPTH requests at a time on
 * each, the next DEPTH when all of the last have been answered. When the time is over and everything is
 * answered, it prints one line,
 *
 *   requests N failed N nanos N p50 N p99 N p999 N cpu N
 *
 * where p50, p99 and p999 are microseconds for DEPTH requests together, and cpu is its own CPU time,
 * microseconds. It keeps its connections until the end of its standard input.
 *
 * A second number in a command is a rate: so many requests a second go out at even distances, one at a time on
 * a connection, whether or not the server keeps up. A request that finds no free connection waits for one, and
 * its time counts from when it was due: a server that stops for a moment is charged for all requests that were
 * due in it ("coordinated omission" would charge it for one on each connection).
 *
 * DEPTH 0 opens a new connection for each request, CONNECTIONS at a time. The request says that it is the last,
 * the server closes, and time counts from before connect(2).
 *
 * Every answer is looked at: it must begin with the status line's 200, end with the content, and be as long as
 * the first. Exits with 1, saying why, when a server answers otherwise.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loader.h"

#define STATUS "HTTP/1.1 200"
#define CONTENT "Hello, World!"
#define STATUS_LENGTH (sizeof(STATUS) - 1)
#define CONTENT_LENGTH (sizeof(CONTENT) - 1)
#define MAX_CONNECTIONS 60000
#define MAX_DEPTH 256
#define MAX_FAILED 100000
#define DRAIN_NANOS 10000000000ull
#define CONNECT_NANOS 100000000000ull  /* a server may start a process for each */

struct connection {
    int fd;
    unsigned awaited;          /* answers that are still to come */
    unsigned offset;           /* how much of the current one has come */
    unsigned long long sent;   /* when the requests went out, or the first was due, nanoseconds */
    int is_free;               /* in the list of free connections */
};

static struct connection connections[MAX_CONNECTIONS];
static char requests[MAX_DEPTH * 128];
static size_t request_length;
static char answer[4096];      /* the first one: all others are like it */
static unsigned answer_length;
static char input[256 * 1024];
static unsigned busy;          /* connections that await answers */
static unsigned count, depth;
static struct connection *free_ones[MAX_CONNECTIONS];  /* of a run with a rate */
static unsigned free_count;
static int port, epoll;

static void open_connection(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short) port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *) &address, sizeof address) < 0) die("connect: %s", strerror(errno));
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
    c->awaited = c->offset = 0;
}

/* A connection that the server has closed: what it owed has failed. */
static void reopen(struct connection *c) {
    failed += c->awaited ? c->awaited : 1;
    if (failed > MAX_FAILED) die("the server closes connections: %llu answers are missing", failed);
    if (c->awaited) busy--;
    close(c->fd);
    open_connection(c);
}

static void ask(struct connection *c, unsigned n, unsigned long long time) {
    size_t length = n * request_length;
    c->awaited = n;
    c->sent = time;
    busy++;
    /* What has been answered is small: the socket's buffer is empty. */
    if (send(c->fd, requests, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length) {
        reopen(c);
    }
}

/* The first answer: what all others have to be like. */
static void learn(struct connection *c) {
    unsigned have = 0;
    char *end, *field;
    unsigned content;
    for (;;) {
        ssize_t n = recv(c->fd, answer + have, sizeof answer - 1 - have, 0);
        if (n <= 0) die("no answer: %s", n < 0 ? strerror(errno) : "the connection was closed");
        have += (unsigned) n;
        answer[have] = 0;
        end = strstr(answer, "\r\n\r\n");
        field = strcasestr(answer, "\r\ncontent-length:");
        if (end && field && field < end) {
            content = (unsigned) strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
            answer_length = (unsigned) (end - answer) + 4 + content;
            if (have >= answer_length) break;
        } else if (end || have == sizeof answer - 1) {
            die("no answer with a length: %s", answer);
        }
    }
    if (have != answer_length || content != CONTENT_LENGTH || memcmp(answer, STATUS, STATUS_LENGTH)
            || memcmp(answer + answer_length - content, CONTENT, content)) {
        die("not the answer that was asked for: %s", answer);
    }
    if (!strcasestr(answer, "\r\ndate:") || !strcasestr(answer, "\r\ncontent-type: text/plain")) {
        die("an answer without date or type: %s", answer);
    }
}

/* Compares the part of [from, to) of an answer that lies in these bytes, which begin at an offset of it. */
static void compare(const char *bytes, unsigned offset, unsigned n, unsigned from, unsigned to) {
    unsigned a = offset > from ? offset : from;
    unsigned b = offset + n < to ? offset + n : to;
    if (a < b && memcmp(bytes + (a - offset), answer + a, b - a)) {
        die("an answer differs: %.*s", (int) n, bytes);
    }
}

/* True when the connection has been answered in full. */
static int receive(struct connection *c) {
    ssize_t n = recv(c->fd, input, sizeof input, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) {
        reopen(c);
        return 0;
    }
    for (const char *at = input, *end = input + n; at < end;) {
        unsigned part = answer_length - c->offset;
        if (!c->awaited) die("more answers than requests");
        if (part > (unsigned) (end - at)) part = (unsigned) (end - at);
        compare(at, c->offset, part, 0, STATUS_LENGTH);
        compare(at, c->offset, part, answer_length - CONTENT_LENGTH, answer_length);
        at += part;
        c->offset += part;
        if (c->offset == answer_length) {
            c->offset = 0;
            c->awaited--;
            answered++;
        }
    }
    if (c->awaited) return 0;
    busy--;
    return 1;
}

/* One wait, and what it brought; connections that have been answered ask again, unless time is over. */
static void turn(unsigned long long until) {
    struct epoll_event events[512];
    int n = epoll_wait(epoll, events, 512, 1000);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (receive(c)) {
            unsigned long long time = now();
            record(c->sent, time);
            if (time < until) ask(c, depth, time);
        }
    }
}

static void add_free(struct connection *c) {
    if (!c->is_free) {
        c->is_free = 1;
        free_ones[free_count++] = c;
    }
}

/* Requests at even distances; see above. */
static void run_at_rate(unsigned long long start, unsigned long long millis, double rate) {
    unsigned long long all = (unsigned long long) (rate * (double) millis / 1000), next = 0;
    unsigned long long end = start + millis * 1000000ull + DRAIN_NANOS;
    free_count = 0;
    for (unsigned i = 0; i < count; i++) {
        connections[i].is_free = 0;
        add_free(&connections[i]);
    }
    while (next < all || busy) {
        struct epoll_event events[512];
        unsigned long long time = now(), due = 0, wait = 100000000ull;
        struct timespec timeout;
        if (time > end) {
            failed += all - next;
            if (busy) die("%u connections got no answer", busy);
            return;
        }
        while (next < all && free_count) {
            due = start + (unsigned long long) ((double) next * 1e9 / rate);
            if (due > time) break;
            struct connection *c = free_ones[--free_count];
            c->is_free = 0;
            next++;
            ask(c, 1, due);
            if (!c->awaited) add_free(c);
        }
        if (next < all && free_count && due > time) wait = due - time;
        timeout.tv_sec = 0;
        timeout.tv_nsec = (long) (wait < 100000000ull ? wait : 100000000ull);
        int n = epoll_pwait2(epoll, events, 512, &timeout, NULL);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (receive(c)) record(c->sent, now());
            if (!c->awaited) add_free(c);
        }
    }
}

/* A connection for one request. */
static void begin_new(struct connection *c) {
    unsigned long long time = now();
    do {
        open_connection(c);
        ask(c, 1, time);
    } while (!c->awaited && failed <= MAX_FAILED);
}

/* Reads to the end of the connection; true when it is over. */
static int receive_to_end(struct connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, input, sizeof input, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
        if (n <= 0) {
            if (n == 0 && c->offset == answer_length) {
                answered++;
                record(c->sent, now());
            } else {
                failed++;
            }
            close(c->fd);
            busy--;
            return 1;
        }
        if (c->offset + (unsigned) n > answer_length) die("more than an answer: %.*s", (int) n, input);
        compare(input, c->offset, (unsigned) n, 0, STATUS_LENGTH);
        compare(input, c->offset, (unsigned) n, answer_length - CONTENT_LENGTH, answer_length);
        c->offset += (unsigned) n;
    }
}

static void run_new(unsigned long long until) {
    for (unsigned i = 0; i < count; i++) begin_new(&connections[i]);
    while (busy) {
        struct epoll_event events[512];
        int n = epoll_wait(epoll, events, 512, 1000);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (receive_to_end(c) && now() < until) begin_new(c);
        }
        if (failed > MAX_FAILED) die("%llu connections failed", failed);
        if (now() > until + 3 * DRAIN_NANOS) die("%u connections got no answer", busy);
    }
}

static void drain(unsigned long long until) {
    while (busy) {
        turn(0);
        if (now() > until) die("%u connections got no answer", busy);
    }
}

/* Each connection asks again when it has been answered. */
static void run_closed(unsigned long long until) {
    for (unsigned i = 0; i < count; i++) ask(&connections[i], depth, now());
    while (now() < until) {
        turn(until);
        /* Those whose server had hung up. */
        if (failed && busy < count) {
            for (unsigned i = 0; i < count; i++) {
                if (!connections[i].awaited) ask(&connections[i], depth, now());
            }
        }
    }
    drain(until + DRAIN_NANOS);
}

static void run(unsigned long long millis, double rate) {
    unsigned long long start = now(), cpu = cpu_micros(), until = start + millis * 1000000ull;
    begin_report();
    if (depth == 0) {
        run_new(until);
    } else if (rate > 0) {
        run_at_rate(start, millis, rate);
    } else {
        run_closed(until);
    }
    print_report(start, cpu);
}

int main(int argc, char **argv) {
    char line[64];
    if (argc != 4) die("load PORT CONNECTIONS DEPTH");
    port = atoi(argv[1]);
    count = (unsigned) atoi(argv[2]);
    depth = (unsigned) atoi(argv[3]);
    if (count < 1 || count > MAX_CONNECTIONS || depth > MAX_DEPTH) die("too many, or none");
    raise_limit();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < depth || i == 0; i++) {
        request_length = (size_t) sprintf(
                requests + i * request_length, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", port,
                depth ? "" : "Connection: close\r\n");
    }
    for (unsigned i = 0; i < (depth ? count : 1); i++) {
        open_connection(&connections[i]);
        ask(&connections[i], 1, now());
        if (i == 0) {
            learn(&connections[0]);
            connections[0].awaited = 0;
            busy--;
        }
    }
    drain(now() + CONNECT_NANOS);
    if (failed) die("%llu connections were closed at once", failed);
    if (!depth) close(connections[0].fd);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        char *rest;
        unsigned long long millis = strtoull(line, &rest, 10);
        run(millis, strtod(rest, NULL));
    }
    return 0;
}
