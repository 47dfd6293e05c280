/* What our load generators share: their clock, their latencies, and the line that they print. */
#ifndef LOADER_H
#define LOADER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_LATENCY_US 5000000

static unsigned latencies[MAX_LATENCY_US + 1];  /* how many, by microseconds */
static unsigned long long answered, failed;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static unsigned long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (unsigned long long) time.tv_sec * 1000000000ull + (unsigned long long) time.tv_nsec;
}

static unsigned long long cpu_micros(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (unsigned long long) (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000ull
            + (unsigned long long) (use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* As many descriptors as the system allows. */
static void raise_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Counts a latency, from then until a time. */
static void record(unsigned long long from, unsigned long long until) {
    unsigned long long micros = (until - from) / 1000;
    latencies[micros < MAX_LATENCY_US ? micros : MAX_LATENCY_US]++;
}

static unsigned percentile(double share) {
    unsigned long long all = 0, seen = 0;
    for (unsigned i = 0; i <= MAX_LATENCY_US; i++) all += latencies[i];
    for (unsigned i = 0; i <= MAX_LATENCY_US; i++) {
        seen += latencies[i];
        if (seen && (double) seen >= share * (double) all) return i;
    }
    return 0;
}

static void begin_report(void) {
    memset(latencies, 0, sizeof latencies);
    answered = failed = 0;
}

/* Of a run that began at that time, when this process had used so much CPU time. */
static void print_report(unsigned long long start, unsigned long long cpu) {
    unsigned long long end = now(), used = cpu_micros() - cpu;
    printf("requests %llu failed %llu nanos %llu p50 %u p99 %u p999 %u cpu %llu\n", answered, failed, end - start,
            percentile(0.5), percentile(0.99), percentile(0.999), used);
    fflush(stdout);
}

#endif
