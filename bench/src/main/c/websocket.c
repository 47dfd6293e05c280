/* The load generator for WebSocket: keeps connections, sends messages of 64 bytes, and looks at each one that
 * comes back.
 *
 *   websocket PORT PATH CONNECTIONS MODE
 *
 * connects to 127.0.0.1, sees that each connection works, and prints "ready". Then it takes commands, a line each:
 * for how many milliseconds to send. When the time is over and everything has arrived, it prints one line,
 *
 *   requests N failed 0 nanos N p50 N p99 N p999 N cpu N
 *
 * where requests are messages that came, and cpu is its own CPU time, microseconds. It keeps its connections until
 * the end of its standard input. The modes:
 *
 *   echo        each connection sends the next message when the last one has come back. The percentiles are
 *               microseconds from sending to receiving.
 *   broadcast   the server sends "welcome" to each connection that it has counted among the receivers. One
 *               connection after another sends a message, and the server sends it to all of them; the next one goes
 *               out when the last has come everywhere. The percentiles are of that time.
 *   post        no WebSocket: one connection asks with POST, with a line as its content, and the line comes back as
 *               the content of the answer. When the server closes, the next request has a connection of its own.
 *
 * Each message differs from the one before, and is masked with a key of its own (RFC 6455 §5.3). What comes must be
 * the expected frame, byte for byte: text, final, unmasked, with the shortest length. Exits with 1, saying why, when
 * anything else comes, a connection ends, or a message does not come within 10 s.
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

#define MESSAGE_LENGTH 64
#define FRAME_LENGTH (2 + MESSAGE_LENGTH)          /* as a server sends it */
#define MASKED_LENGTH (6 + MESSAGE_LENGTH)
#define TEXT_FRAME 0x81
#define MASKED 0x80
#define WELCOME "\x81\x07welcome"
#define MAX_CONNECTIONS 60000
#define EVENTS 512
#define PATIENCE_NANOS 10000000000ull
#define PATIENCE_MILLIS 10000
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="            /* of RFC 6455 §1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct connection {
    int fd;
    unsigned offset;                    /* how much of the expected frame has come */
    int awaits;                         /* whether one is expected */
    unsigned long long sent;            /* when it was asked for, nanoseconds */
    unsigned char expected[FRAME_LENGTH];
};

static struct connection connections[MAX_CONNECTIONS];
static unsigned count, awaited;
static unsigned long long messages;     /* the number in the last message */
static unsigned random_state = 2463534242u;
static int port, epoll;
static const char *path;

static unsigned next_random(void) {     /* Marsaglia's xorshift: never 0, which would mask nothing */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* The next message: a number, and letters that change with it. */
static void make_message(unsigned char *target) {
    unsigned long long number = ++messages;
    for (int i = 0; i < 16; i++) target[i] = (unsigned char) "0123456789abcdef"[number >> (60 - 4 * i) & 15];
    memset(target + 16, 'a' + (int) (number % 26), MESSAGE_LENGTH - 16);
}

static int open_socket(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short) port)};
    struct timeval patience = {.tv_sec = PATIENCE_MILLIS / 1000};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *) &address, sizeof address) < 0) die("connect: %s", strerror(errno));
    return fd;
}

static void send_all(int fd, const void *bytes, size_t length) {
    /* Nothing else is on its way: the socket's buffer is empty. */
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t) length) die("send: %s", strerror(errno));
}

static void connect_to_server(struct connection *c, int is_welcomed) {
    char request[1024], answer[4096], *end;
    size_t have = 0, behind = is_welcomed ? sizeof WELCOME - 1 : 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int length = snprintf(
            request, sizeof request,
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
            path, port);
    if (length >= (int) sizeof request) die("a long path: %s", path);
    c->fd = open_socket();
    send_all(c->fd, request, (size_t) length);
    do {
        ssize_t n = recv(c->fd, answer + have, sizeof answer - 1 - have, 0);
        if (n <= 0) die("no opening handshake: %s", n < 0 ? strerror(errno) : "the connection was closed");
        have += (size_t) n;
        answer[have] = 0;
        end = strstr(answer, "\r\n\r\n");
        if (!end && have == sizeof answer - 1) die("no opening handshake: %s", answer);
    } while (!end || have < (size_t) (end + 4 - answer) + behind);
    if (strncmp(answer, "HTTP/1.1 101 ", 13) || !strstr(answer, ACCEPT)) die("no opening handshake: %s", answer);
    if (have != (size_t) (end + 4 - answer) + behind || (behind && memcmp(end + 4, WELCOME, behind))) {
        die("not what is expected behind the opening handshake: %s", end + 4);
    }
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

/* Sends the message that is expected back. */
static void send_message(struct connection *c, const unsigned char *message) {
    unsigned char frame[MASKED_LENGTH] = {TEXT_FRAME, MASKED | MESSAGE_LENGTH};
    unsigned key = next_random();
    memcpy(frame + 2, &key, 4);
    for (int i = 0; i < MESSAGE_LENGTH; i++) frame[6 + i] = message[i] ^ frame[2 + (i & 3)];
    send_all(c->fd, frame, sizeof frame);
}

static void expect(struct connection *c, const unsigned char *message, unsigned long long time) {
    c->expected[0] = TEXT_FRAME;
    c->expected[1] = MESSAGE_LENGTH;
    memcpy(c->expected + 2, message, MESSAGE_LENGTH);
    c->offset = 0;
    c->sent = time;
    c->awaits = 1;
    awaited++;
}

/* True when the expected message is there. */
static int receive(struct connection *c) {
    unsigned char input[2 * FRAME_LENGTH];
    ssize_t n = recv(c->fd, input, sizeof input, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) die("a connection ended: %s", n < 0 ? strerror(errno) : "it was closed");
    if (!c->awaits) die("a frame that nothing was sent for");
    if (n > (ssize_t) (FRAME_LENGTH - c->offset) || memcmp(input, c->expected + c->offset, (size_t) n)) {
        die("another frame than the expected one: %02x %02x, %zd bytes", input[0], input[1], n);
    }
    c->offset += (unsigned) n;
    if (c->offset < FRAME_LENGTH) return 0;
    c->awaits = 0;
    awaited--;
    answered++;
    return 1;
}

static int await_events(struct epoll_event *events) {
    int n = epoll_wait(epoll, events, EVENTS, PATIENCE_MILLIS);
    if (n == 0) die("%u messages did not come", awaited);
    return n;
}

static void echo(struct connection *c, unsigned long long time) {
    unsigned char message[MESSAGE_LENGTH];
    make_message(message);
    expect(c, message, time);
    send_message(c, message);
}

static void run_echo(unsigned long long until) {
    for (unsigned i = 0; i < count; i++) echo(&connections[i], now());
    while (awaited) {
        struct epoll_event events[EVENTS];
        int n = await_events(events);
        if (now() > until + PATIENCE_NANOS) die("%u messages did not come", awaited);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (receive(c)) {
                unsigned long long time = now();
                record(c->sent, time);
                if (time < until) echo(c, time);
            }
        }
    }
}

static void broadcast(struct connection *from) {
    unsigned char message[MESSAGE_LENGTH];
    unsigned long long start = now();
    make_message(message);
    for (unsigned i = 0; i < count; i++) expect(&connections[i], message, start);
    send_message(from, message);
    while (awaited) {
        struct epoll_event events[EVENTS];
        int n = await_events(events);
        for (int i = 0; i < n; i++) receive(events[i].data.ptr);
    }
    record(start, now());
}

static void run_broadcast(unsigned long long until) {
    unsigned next = 0;
    do {
        broadcast(&connections[next]);
        next = (next + 1) % count;
    } while (now() < until);
}

/* Asks once, and closes the connection when the server does. */
static void post(struct connection *c) {
    char line[MESSAGE_LENGTH + 1], request[1024], answer[4096], *end = NULL, *field;
    size_t have = 0, head = 0, content = 0;
    unsigned long long start = now();
    int length;
    make_message((unsigned char *) line);
    line[MESSAGE_LENGTH] = '\n';
    length = snprintf(
            request, sizeof request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %zu\r\n\r\n%.*s", path,
            port, sizeof line, (int) sizeof line, line);
    if (length >= (int) sizeof request) die("a long path: %s", path);
    if (c->fd < 0) c->fd = open_socket();
    send_all(c->fd, request, (size_t) length);
    while (!end || have < head + content) {
        ssize_t n = recv(c->fd, answer + have, sizeof answer - 1 - have, 0);
        if (n <= 0) die("no answer: %s", n < 0 ? strerror(errno) : "the connection was closed");
        have += (size_t) n;
        answer[have] = 0;
        end = strstr(answer, "\r\n\r\n");
        field = strcasestr(answer, "\r\ncontent-length:");
        if (end) {
            if (!field || field > end) die("an answer without its length: %s", answer);
            head = (size_t) (end - answer) + 4;
            content = strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
        }
        if (have == sizeof answer - 1) die("a long answer: %s", answer);
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) || have != head + content || content != sizeof line
            || memcmp(answer + head, line, sizeof line)) {
        die("not the answer that was asked for: %s", answer);
    }
    record(start, now());
    answered++;
    *end = 0;
    if (strcasestr(answer, "\r\nconnection: close")) {
        close(c->fd);
        c->fd = -1;
    }
}

static void run_posts(unsigned long long until) {
    do {
        post(&connections[0]);
    } while (now() < until);
}

int main(int argc, char **argv) {
    char line[64];
    void (*run)(unsigned long long);
    if (argc != 5) die("websocket PORT PATH CONNECTIONS MODE");
    port = atoi(argv[1]);
    path = argv[2];
    count = (unsigned) atoi(argv[3]);
    if (count < 1 || count > MAX_CONNECTIONS) die("too many connections, or none");
    run = !strcmp(argv[4], "echo") ? run_echo
            : !strcmp(argv[4], "broadcast") ? run_broadcast
            : !strcmp(argv[4], "post") && count == 1 ? run_posts
            : NULL;
    if (!run) die("echo, broadcast, or post on one connection: %s", argv[4]);
    raise_limit();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    connections[0].fd = -1;
    for (unsigned i = 0; i < count && run != run_posts; i++) connect_to_server(&connections[i], run == run_broadcast);
    run(now());  /* a message on each connection */
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        unsigned long long start = now(), cpu = cpu_micros();
        begin_report();
        run(start + strtoull(line, NULL, 10) * 1000000ull);
        print_report(start, cpu);
    }
    return 0;
}
