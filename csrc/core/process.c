/*
** A program beside the engine; the contract is in process.h.
**
** It is over when its pipes are at their end and it was reaped. Three things tell of that: the
** pipes, its pidfd, and a clock for what neither tells: the second after its end, and its end itself
** where there is no pidfd. Whichever speaks, settle() looks at all.
*/
#define _GNU_SOURCE /* pipe2 */

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "launch.h"

enum {
  CHUNK = 16 * 1024,
  CHUNKS = 4,       /* read at a time: others wait */
  TAIL = 2048,      /* kept of stderr */
  LINGERING = 1000, /* ms for its pipes after its end */
  TICK = 20         /* ms between two looks whether it ended, without a pidfd */
};

struct kube_process {
  kube_child child; /* first: it keeps this memory until it was reaped */
  kube_watcher out, complaint;
  kube_handle *handle; /* the owner's */
  kube_handle clock;   /* a relay */
  kube_buffer output;
  size_t tail_length;
  char tail[TAIL];
  long long deadline; /* for the pipes, once it ended; 0 */
  bool over;
  kube_error failure;
};

#define PROCESS_OF(member, pointer)                                                                \
  ((kube_process *)((char *)(pointer)-offsetof(kube_process, member)))

/* ---- how it goes on ---- */

static void close_pipe(kube_process *p, kube_watcher *pipe) {
  kube_watcher_stop(p->child.engine, pipe);
  if (pipe->fd >= 0) close(pipe->fd);
  pipe->fd = -1;
}

static bool failed(const kube_process *p) { return p->failure.status != KUBE_OK; }

/* It has failed, as p->failure says: no more of its output is wanted. */
static void give_up(kube_process *p) {
  close_pipe(p, &p->out);
  kube_handle_wake(p->handle);
}

static void finish(kube_process *p) {
  close_pipe(p, &p->out);
  close_pipe(p, &p->complaint);
  kube_handle_drop_due(&p->clock);
  p->over = true;
  kube_handle_wake(p->handle);
}

static void look_again(kube_process *p, long long due) {
  if (kube_handle_set_due(&p->clock, due, failed(p) ? NULL : &p->failure) != KUBE_OK) give_up(p);
}

/* Looks how far it is, whatever told us to. */
static void settle(kube_process *p) {
  const long long now = kube_engine_now(p->child.engine);
  if (p->over) return;
  if (!kube_child_is_over(&p->child)) {
    if (p->child.death.tag == 0) look_again(p, now + TICK);
    return;
  }
  if (p->deadline == 0) p->deadline = now + LINGERING;
  if ((p->out.fd < 0 && p->complaint.fd < 0) || now >= p->deadline)
    finish(p);
  else
    look_again(p, p->deadline);
}

static void note_time(kube_handle *clock) { settle(PROCESS_OF(clock, clock)); }

/* One that says it died but cannot be reaped (it is traced) must not say so for ever. */
static void note_death(kube_watcher *death) {
  kube_process *p = PROCESS_OF(child.death, death);
  if (!kube_child_is_over(&p->child)) kube_watcher_stop(p->child.engine, death);
  settle(p);
}

/* ---- what it writes ---- */

typedef bool take_bytes(kube_process *p, const char *bytes, size_t n);

static bool take_output(kube_process *p, const char *bytes, size_t n) {
  if (kube_buffer_add(&p->output, bytes, n, &p->failure) == KUBE_OK) return true;
  kube_error_prefix(&p->failure, "exec: what the plugin wrote");
  give_up(p);
  return false;
}

static bool take_complaint(kube_process *p, const char *bytes, size_t n) {
  const size_t added = n < TAIL ? n : TAIL, room = TAIL - added;
  const size_t kept = p->tail_length < room ? p->tail_length : room;
  memmove(p->tail, p->tail + p->tail_length - kept, kept);
  memcpy(p->tail + kept, bytes + n - added, added);
  p->tail_length = kept + added;
  return true;
}

/* Reads what there is; at the end, or on an error, closes. Whether something came. */
static bool drain(kube_process *p, kube_watcher *pipe, take_bytes *take) {
  char chunk[CHUNK];
  ssize_t n = 0;
  int left;
  for (left = CHUNKS; left > 0; left--) {
    n = read(pipe->fd, chunk, sizeof chunk);
    if (n <= 0 || !take(p, chunk, (size_t)n)) break;
  }
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) close_pipe(p, pipe);
  OPENSSL_cleanse(chunk, sizeof chunk); /* a token, likely */
  return left < CHUNKS;
}

static void note_output(kube_watcher *out) {
  kube_process *p = PROCESS_OF(out, out);
  if (drain(p, out, take_output)) kube_handle_wake(p->handle);
  settle(p);
}

static void note_complaint(kube_watcher *complaint) {
  kube_process *p = PROCESS_OF(complaint, complaint);
  drain(p, complaint, take_complaint);
  settle(p);
}

/* ---- its start ---- */

/*
** A pipe may not have a number that is the child's stdin, stdout or stderr: a host may have closed
** those.
*/
static bool lift(int *fd) {
  int higher;
  if (*fd > STDERR_FILENO) return true;
  higher = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (higher < 0) return false;
  close(*fd);
  *fd = higher;
  return true;
}

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Our end goes to the watcher, the child's to *theirs. */
static bool open_pipe(kube_watcher *ours, int *theirs) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  ours->fd = ends[0];
  *theirs = ends[1];
  return lift(&ours->fd) && lift(theirs) && fcntl(ours->fd, F_SETFL, O_NONBLOCK) == 0;
}

static bool asks_on_terminal(const kube_process_options *options) {
  return options->interactive && isatty(STDERR_FILENO);
}

static kube_status launch(kube_process *p, const kube_process_options *options, kube_error *err) {
  int out = -1, complaint = -1;
  pid_t pid = 0;
  kube_status status;
  if (!open_pipe(&p->out, &out) ||
      (!asks_on_terminal(options) && !open_pipe(&p->complaint, &complaint)))
    status =
        kube_fail(err, KUBE_ESYSTEM, "exec: %s: no pipe: %s", options->command, strerror(errno));
  else
    status = kube_launch(options, out, complaint, &pid, err);
  close_end(&out);
  close_end(&complaint);
  if (status != KUBE_OK) return status;
  p->child.grouped = !options->interactive;
  kube_child_watch(&p->child, pid, note_death);
  return KUBE_OK;
}

static kube_status start(kube_process *p, const kube_process_options *options, kube_error *err) {
  kube_status status = kube_engine_check(p->child.engine, err);
  if (status == KUBE_OK) status = launch(p, options, err);
  if (status == KUBE_OK) status = kube_watcher_start(p->child.engine, &p->out, err);
  if (status == KUBE_OK && p->complaint.fd >= 0)
    status = kube_watcher_start(p->child.engine, &p->complaint, err);
  if (status != KUBE_OK) return status;
  settle(p);
  return failed(p) ? kube_process_result(p, err) : KUBE_OK;
}

kube_process *kube_process_start(kube_engine *engine, kube_handle *handle,
                                 const kube_process_options *options, kube_error *err) {
  kube_process *p = calloc(1, sizeof *p);
  if (p == NULL) {
    kube_fail_memory(err, "a process");
    return NULL;
  }
  p->child.engine = engine;
  p->child.death.fd = p->out.fd = p->complaint.fd = -1;
  p->child.exit_code = -1;
  p->out.note = note_output;
  p->complaint.note = note_complaint;
  p->handle = handle;
  p->output.ceiling = options->ceiling;
  kube_handle_init_relay(&p->clock, engine, note_time);
  if (start(p, options, err) == KUBE_OK) return p;
  kube_process_free(p);
  return NULL;
}

/* ---- what there is to know ---- */

kube_status kube_process_result(const kube_process *p, kube_error *err) {
  if (failed(p)) {
    if (err) *err = p->failure;
    return p->failure.status;
  }
  if (p->over) return KUBE_EOF;
  return kube_engine_is_ours(p->child.engine) ? KUBE_AGAIN
                                              : kube_engine_check(p->child.engine, err);
}

kube_slice kube_process_output(const kube_process *p) {
  return (kube_slice){kube_buffer_bytes(&p->output), kube_buffer_length(&p->output)};
}

kube_slice kube_process_complaint(const kube_process *p) {
  return (kube_slice){p->tail, p->tail_length};
}

int kube_process_exit_code(const kube_process *p) { return p->child.exit_code; }

void kube_process_kill(kube_process *p) {
  if (!p->over && kube_engine_is_ours(p->child.engine)) kube_child_kill(&p->child);
}

/* The engine is kept until the child is left to it. */
void kube_process_free(kube_process *p) {
  kube_engine *engine;
  if (p == NULL) return;
  engine = kube_engine_retain(p->child.engine);
  close_pipe(p, &p->out);
  close_pipe(p, &p->complaint);
  kube_buffer_clear_secret(&p->output);
  kube_handle_clear(&p->clock);
  kube_child_abandon(&p->child);
  kube_engine_free(engine);
}
