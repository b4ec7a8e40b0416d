/* The waker: what its header promises, and that nothing of it stays. */
#define _GNU_SOURCE

#include "../../csrc/core/waker.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../support/check.h"
#include "../support/descriptors.h"

enum { SOON = 10000, NEVER = 50 /* milliseconds */ };

/* ---- a host ---- */

/* Where wakers make their directories: how many there are. */
static char scratch[64];

static int directories(void) {
  DIR *all = opendir(scratch);
  struct dirent *entry;
  int n = 0;
  if (all == NULL) abort();
  while ((entry = readdir(all)) != NULL) n += *entry->d_name != '.';
  closedir(all);
  return n;
}

static bool directories_become(int n) {
  int tries;
  for (tries = 0; tries < 500 && directories() != n; tries++) usleep(10000);
  return directories() == n;
}

static int threads(void) {
  DIR *all = opendir("/proc/self/task");
  struct dirent *entry;
  int n = 0;
  if (all == NULL) abort();
  while ((entry = readdir(all)) != NULL) n += *entry->d_name != '.';
  closedir(all);
  return n;
}

static kube_waker *waker_for(int fd) {
  kube_error err = {0};
  kube_waker *w = kube_waker_new(fd, &err);
  if (!CHECK(w != NULL)) {
    printf("  %s\n", err.message);
    abort();
  }
  return w;
}

static int connect_to(const kube_waker *w) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  strcpy(address.sun_path, kube_waker_path(w));
  CHECK(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
  return fd;
}

/* A waker, what it watches, and the host that it wakes. */
typedef struct scene {
  int fd;
  kube_waker *w;
  int host; /* -1: there is none */
} scene;

static scene waker_alone(void) {
  const int fd = eventfd(0, EFD_CLOEXEC);
  return (scene){.fd = fd, .w = waker_for(fd), .host = -1};
}

static scene waker_and_host(void) {
  scene s = waker_alone();
  s.host = connect_to(s.w);
  return s;
}

/* Ends what there is still. */
static void end(scene *s) {
  kube_waker_free(s->w);
  if (s->host >= 0) close(s->host);
  close(s->fd);
}

/* Whether there is something to read, or the end of it. */
static bool is_readable(int fd, int milliseconds) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, milliseconds) == 1;
}

/* How many bytes there are, once there is one. */
static int bytes(int fd, int milliseconds) {
  char buffer[4096];
  if (!is_readable(fd, milliseconds)) return 0;
  return (int)recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
}

static void make_readable(int fd) {
  const uint64_t one = 1;
  CHECK(write(fd, &one, sizeof one) == sizeof one);
}

static void drain(int fd) {
  uint64_t n;
  CHECK(read(fd, &n, sizeof n) == sizeof n);
}

/* ---- what it promises ---- */

static void tells_once_an_arm(void) {
  scene s = waker_and_host();
  int i;
  CHECK(bytes(s.host, NEVER) == 0);
  make_readable(s.fd);
  CHECK(bytes(s.host, SOON) == 1);
  CHECK(bytes(s.host, NEVER) == 0); /* though it is readable still */
  kube_waker_arm(s.w);
  CHECK(bytes(s.host, SOON) == 1); /* as it is */
  drain(s.fd);
  kube_waker_arm(s.w);
  kube_waker_arm(s.w);
  CHECK(bytes(s.host, NEVER) == 0);
  make_readable(s.fd);
  CHECK(bytes(s.host, SOON) == 1);
  for (i = 0; i < 2000; i++) {
    kube_waker_arm(s.w);
    if (bytes(s.host, SOON) != 1) break;
  }
  CHECK(i == 2000);
  kube_waker_free(s.w);
  CHECK(is_readable(s.host, SOON) && bytes(s.host, SOON) == 0); /* the end */
  close(s.host);
  close(s.fd);
}

static void rings_whatever_it_watches(void) {
  scene s = waker_and_host();
  kube_waker_ring(s.w);
  CHECK(bytes(s.host, SOON) == 1);
  make_readable(s.fd);
  CHECK(bytes(s.host, SOON) == 1); /* it was armed still */
  kube_waker_ring(s.w);
  CHECK(bytes(s.host, SOON) == 1);
  end(&s);
}

static void owes_a_byte_to_who_comes_late(void) {
  scene s = waker_alone();
  int i;
  make_readable(s.fd);
  for (i = 0; i < 100; i++) {
    kube_waker_ring(s.w);
    usleep(100);
  }
  s.host = connect_to(s.w);
  CHECK(bytes(s.host, SOON) == 1);
  CHECK(bytes(s.host, NEVER) == 0);
  end(&s);
}

static void leaves_no_file_once_somebody_came(void) {
  scene s = waker_alone();
  struct stat about;
  char directory[128], *slash;
  strcpy(directory, kube_waker_path(s.w));
  slash = strrchr(directory, '/');
  *slash = '\0';
  CHECK(stat(directory, &about) == 0 && (about.st_mode & 0777) == 0700);
  CHECK(strncmp(directory, scratch, strlen(scratch)) == 0);
  s.host = connect_to(s.w);
  CHECK(directories_become(0));
  kube_waker_ring(s.w);
  CHECK(bytes(s.host, SOON) == 1);
  end(&s);
}

static void survives_a_host_that_hangs_up(void) {
  scene s = waker_alone();
  int i;
  close(connect_to(s.w));
  CHECK(directories_become(0));
  make_readable(s.fd);
  for (i = 0; i < 100; i++) {
    kube_waker_arm(s.w);
    kube_waker_ring(s.w);
    usleep(100);
  }
  end(&s);
}

/* However many bytes are unread, it can be freed. */
static void is_not_held_by_a_host_that_does_not_read(void) {
  scene s = waker_and_host();
  int i;
  make_readable(s.fd);
  for (i = 0; i < 20000; i++) {
    kube_waker_arm(s.w);
    kube_waker_ring(s.w);
    if (i % 100 == 0) usleep(100);
  }
  kube_waker_free(s.w);
  CHECK(bytes(s.host, SOON) > 0);
  close(s.host);
  close(s.fd);
}

/* ---- freeing it ---- */

static void can_be_freed_at_any_moment(void) {
  const int before = descriptors(), alone = threads();
  int i;
  for (i = 0; i < 400; i++) {
    const int fd = eventfd(0, EFD_CLOEXEC);
    kube_waker *w = waker_for(fd);
    int host = -1;
    if (i & 1) make_readable(fd);
    if (i & 2) host = connect_to(w);
    if (i & 4) kube_waker_ring(w);
    if (i & 8) usleep((useconds_t)(i % 7) * 30);
    if (i & 16) kube_waker_arm(w);
    if (host >= 0 && i & 32) {
      close(host);
      host = -1;
    }
    kube_waker_free(w);
    if (host >= 0) close(host);
    close(fd);
  }
  kube_waker_free(NULL);
  CHECK(descriptors() == before);
  CHECK(directories() == 0);
  CHECK(threads() == alone);
}

/* In a child: its descriptors are closed, and the parent's goes on. */
static void is_freed_in_a_child_too(void) {
  int connected;
  for (connected = 0; connected < 2; connected++) {
    const int fd = eventfd(0, EFD_CLOEXEC);
    const int before = descriptors();
    kube_waker *w = waker_for(fd);
    int host = connected ? connect_to(w) : -1, status = -1;
    pid_t child;
    if (connected) CHECK(directories_become(0));
    child = fork();
    if (child == 0) {
      kube_waker_free(w);
      if (host >= 0) close(host);
      _exit(descriptors() == before ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    if (!connected) host = connect_to(w);
    make_readable(fd);
    CHECK(bytes(host, SOON) == 1);
    kube_waker_free(w);
    close(host);
    close(fd);
    CHECK(descriptors() == before - 1);
  }
}

/* ---- what is around it ---- */

static volatile sig_atomic_t taken;
static pthread_t taker;

static void take(int number) {
  (void)number;
  taken++;
  taker = pthread_self();
}

static void takes_no_signal(void) {
  scene s = waker_and_host();
  struct sigaction action = {.sa_handler = take}, old;
  int i;
  sigaction(SIGUSR1, &action, &old);
  for (i = 1; i <= 50; i++) {
    kill(getpid(), SIGUSR1);
    CHECK(taken == i && pthread_equal(taker, pthread_self()));
  }
  sigaction(SIGUSR1, &old, NULL);
  kube_waker_ring(s.w);
  CHECK(bytes(s.host, SOON) == 1);
  end(&s);
}

static void says_what_it_could_not_make(void) {
  const int fd = eventfd(0, EFD_CLOEXEC), before = descriptors();
  kube_error err = {0};
  setenv("TMPDIR", "/proc/none", 1);
  CHECK(kube_waker_new(fd, &err) == NULL);
  CHECK(err.status == KUBE_ESYSTEM && strstr(err.message, "TMPDIR") != NULL);
  setenv("TMPDIR", scratch, 1);
  CHECK(descriptors() == before);
  CHECK(kube_waker_new(-1, &err) == NULL); /* nothing to watch */
  CHECK(descriptors() == before && directories() == 0);
  close(fd);
}

/* With too few descriptors it fails, or hangs up on its host: it never spins. */
static void does_without_descriptors(void) {
  const int fd = eventfd(0, EFD_CLOEXEC), before = descriptors();
  struct rlimit old, few;
  int more, highest = dup(fd);
  close(highest);
  getrlimit(RLIMIT_NOFILE, &old);
  for (more = 0; more < 5; more++) {
    kube_error err = {0};
    kube_waker *w;
    int host;
    few = old;
    few.rlim_cur = (rlim_t)(highest + more);
    setrlimit(RLIMIT_NOFILE, &few);
    w = kube_waker_new(fd, &err);
    if (w != NULL) {
      host = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      setrlimit(RLIMIT_NOFILE, &old);
      if (host >= 0) close(host);
    } else {
      CHECK(err.status == KUBE_ESYSTEM && strstr(err.message, strerror(EMFILE)) != NULL);
    }
    setrlimit(RLIMIT_NOFILE, &old);
    kube_waker_free(w);
    CHECK(descriptors() == before && directories() == 0);
  }
  {
    kube_waker *w = waker_for(fd);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int host = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path, kube_waker_path(w));
    few.rlim_cur = (rlim_t)(host + 1);
    setrlimit(RLIMIT_NOFILE, &few); /* none is left to accept with */
    CHECK(connect(host, (const struct sockaddr *)&address, sizeof address) == 0);
    CHECK(is_readable(host, SOON) && bytes(host, SOON) <= 0); /* hung up */
    setrlimit(RLIMIT_NOFILE, &old);
    kube_waker_ring(w);
    kube_waker_free(w);
    close(host);
  }
  CHECK(descriptors() == before && directories() == 0);
  close(fd);
}

int main(void) {
  snprintf(scratch, sizeof scratch, "/tmp/waker-test-XXXXXX");
  if (mkdtemp(scratch) == NULL) abort();
  setenv("TMPDIR", scratch, 1);
  RUN(tells_once_an_arm);
  RUN(rings_whatever_it_watches);
  RUN(owes_a_byte_to_who_comes_late);
  RUN(leaves_no_file_once_somebody_came);
  RUN(survives_a_host_that_hangs_up);
  RUN(is_not_held_by_a_host_that_does_not_read);
  RUN(can_be_freed_at_any_moment);
  RUN(is_freed_in_a_child_too);
  RUN(takes_no_signal);
  RUN(says_what_it_could_not_make);
  RUN(does_without_descriptors);
  CHECK(rmdir(scratch) == 0);
  return check_report();
}
