/* What tests of child processes need: an owner that waits for one, and a look at what is left. */
#ifndef SPEC_SUPPORT_PROGRAMS_H
#define SPEC_SUPPORT_PROGRAMS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../csrc/core/clock.h"
#include "../../csrc/core/process.h"
#include "check.h"

enum { PROGRAM_PATIENCE = 60000 /* ms */ };

/* An engine, and a program on it for an owner that is only a handle. */
typedef struct program {
  kube_engine *engine;
  kube_handle handle;
  kube_process *process;
  kube_error err;
  int moved; /* how often the engine gave the handle */
} program;

static inline void program_open(program *g) {
  memset(g, 0, sizeof *g);
  g->engine = kube_engine_new(&g->err);
  if (g->engine == NULL) {
    puts(g->err.message);
    abort();
  }
  kube_handle_init(&g->handle, g->engine, (kube_call *)g);
}

static inline bool program_start(program *g, const kube_process_options *options) {
  g->process = kube_process_start(g->engine, &g->handle, options, &g->err);
  return g->process != NULL;
}

/* sh -c script */
static inline bool program_script(program *g, const char *script, size_t ceiling) {
  const char *const arguments[] = {"-c", script, NULL};
  const kube_process_options options = {
      .command = "sh", .arguments = arguments, .ceiling = ceiling};
  if (program_start(g, &options)) return true;
  printf("  %s\n", g->err.message);
  return false;
}

/* One round of a loop. */
static inline void program_turn(program *g) {
  kube_engine_wait(g->engine, 1000, NULL);
  while (kube_engine_next_ready(g->engine) == (kube_call *)g) g->moved++;
}

/* Until it has ended. It is not asked before its handle moved: so a wake that is missing is seen. */
static inline kube_status program_finish(program *g) {
  const long long end = kube_clock_ms() + PROGRAM_PATIENCE;
  kube_status status = kube_process_result(g->process, &g->err);
  while (status == KUBE_AGAIN && kube_clock_ms() < end) {
    const int moved = g->moved;
    program_turn(g);
    if (g->moved != moved) status = kube_process_result(g->process, &g->err);
  }
  return status;
}

/* Until so much output is there. */
static inline bool program_says(program *g, size_t n) {
  const long long end = kube_clock_ms() + PROGRAM_PATIENCE;
  while (kube_process_output(g->process).length < n && kube_clock_ms() < end) program_turn(g);
  return kube_process_output(g->process).length >= n;
}

static inline void program_free(program *g) {
  kube_process_free(g->process);
  g->process = NULL;
}

static inline void program_close(program *g) {
  program_free(g);
  kube_handle_clear(&g->handle);
  kube_engine_free(g->engine);
}

/* No child is left, dead or alive. (It reaps none itself.) */
static inline bool no_children(void) {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

/* Whether it runs no more (who inherited it may be slow to reap it). */
static inline bool is_gone(pid_t pid) {
  char path[64], text[256] = "", *state;
  FILE *file;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  file = fopen(path, "r");
  if (file == NULL) return true;
  if (fgets(text, sizeof text, file) == NULL) *text = '\0';
  fclose(file);
  state = strrchr(text, ')');
  return state == NULL || state[2] == 'Z' || state[2] == 'X';
}

static inline bool becomes_gone(pid_t pid) {
  int tries;
  for (tries = 0; tries < 1000 && !is_gone(pid); tries++) usleep(10000);
  return is_gone(pid);
}

#endif
