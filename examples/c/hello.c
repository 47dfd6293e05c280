/* Hello in C: a whole HTTP response. `sh build` compiles it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(void) {
    const char *content = "Hello from C.\n";
    const char *method = getenv("REQUEST_METHOD");
    char date[32];
    time_t now = time(NULL);

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    printf("HTTP/1.1 200 OK\r\n"
           "Date: %s\r\n"
           "Content-Type: text/plain\r\n"
           "Content-Length: %zu\r\n"
           "Connection: close\r\n"
           "\r\n",
           date, strlen(content));
    if (method == NULL || strcmp(method, "HEAD") != 0)
        fputs(content, stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
