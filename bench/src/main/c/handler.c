/* A script that costs next to nothing, so that what is measured is the server: no libc, no interpreter, no
 * dynamic linking, and two system calls, write(2) and exit_group(2). Compiled several times:
 *
 *   -DDIRECT     writes a whole HTTP response, as Caffeine's direct mode has it; otherwise a CGI/1.1 response
 *   -DMEGABYTE   1 MiB of content instead of "hello\n", in blocks of 64 KiB
 */
#if defined(__x86_64__)
#define WRITE 1
#define EXIT_GROUP 231
static long system_call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
#define WRITE 64
#define EXIT_GROUP 94
static long system_call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#else
#error "system calls of this architecture are not known here"
#endif

#define TYPE "Content-Type: text/plain\r\n"
#ifdef DIRECT
#define HEAD(length) "HTTP/1.1 200 OK\r\n" TYPE "Content-Length: " length "\r\nConnection: close\r\n\r\n"
#else
#define HEAD(length) TYPE "\r\n"
#endif

#ifdef MEGABYTE
static const char head[] = HEAD("1048576");
static const char block[64 << 10] = {[0 ...(64 << 10) - 1] = 'x'};
#else
static const char head[] = HEAD("6") "hello\n";
#endif

static void write_all(const char *bytes, long length) {
    while (length > 0) {
        long written = system_call(WRITE, 1, (long)bytes, length);
        if (written <= 0) {
            system_call(EXIT_GROUP, 1, 0, 0);
        }
        bytes += written;
        length -= written;
    }
}

__attribute__((noreturn)) void _start(void) {
    write_all(head, sizeof head - 1);
#ifdef MEGABYTE
    for (int i = 0; i < 16; i++) {
        write_all(block, sizeof block);
    }
#endif
    for (;;) {
        system_call(EXIT_GROUP, 0, 0, 0);
    }
}
