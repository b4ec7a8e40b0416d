/*
** A neighbour of kube in a worker of nginx: asks for a small page at a steady rate on one connection,
** whatever the answers take, and tells how long they took from the moment they were to be asked for.
**
**     neighbour PORT PATH REQUESTS_A_SECOND SECONDS  ->  "COUNT P50 P99 P99.9 MAX", in us
*/
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(long long when) {
  const struct timespec t = {.tv_sec = when / 1000000000, .tv_nsec = when % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/*
** It shares its core with the server of the lists: where the kernel lets it (to root it does) it goes
** first, or it would measure how long it waits for that one.
*/
static void go_first(void) {
  const struct sched_param priority = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) perror("neighbour: not in real time");
}

static int dial(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

/* The answer has a Content-Length of 3 ("ok\n"), so it ends with that. */
static void ask(int fd, const char *request) {
  char answer[4096];
  size_t length = 0;
  ssize_t n = (ssize_t)strlen(request);
  if (write(fd, request, (size_t)n) != n) fail("write");
  do {
    n = read(fd, answer + length, sizeof answer - length);
    if (n <= 0) fail("read");
    length += (size_t)n;
  } while (length < 4 || memcmp(answer + length - 3, "ok\n", 3) != 0);
}

static int by_size(const void *a, const void *b) {
  const long long x = *(const long long *)a, y = *(const long long *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  char request[512];
  long long every, start, *took;
  int i, count, fd;
  if (argc != 5) return 2;
  every = 1000000000LL / atoi(argv[3]);
  count = atoi(argv[3]) * atoi(argv[4]);
  took = calloc((size_t)count, sizeof *took);
  go_first();
  fd = dial(argv[1]);
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: neighbour\r\n\r\n", argv[2]);
  ask(fd, request);
  start = now();
  for (i = 0; i < count; i++) {
    const long long due = start + i * every;
    sleep_until(due);
    ask(fd, request);
    took[i] = now() - due;
  }
  qsort(took, (size_t)count, sizeof *took, by_size);
  printf("%d %.1f %.1f %.1f %.1f\n", count, (double)took[count / 2] / 1e3,
         (double)took[count * 99LL / 100] / 1e3, (double)took[count * 999LL / 1000] / 1e3,
         (double)took[count - 1] / 1e3);
  close(fd);
  free(took);
  return 0;
}
