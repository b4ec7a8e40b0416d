/*
** What happens, told in lines, at levels as kubectl's -v has them: 6 a line for each answer, 7 more,
** ... (client/trace.h says what). The level is the process's, from KUBE_LOG in the environment until
** somebody sets another; while it is 0, asking costs one branch.
**
** A line goes to stderr in one write, or, where the engine's log is kept, waits there until somebody
** takes it: nothing is called. What waits is bounded, and what was dropped is counted and told.
*/
#ifndef KUBE_CORE_LOG_H
#define KUBE_CORE_LOG_H

#include <stdatomic.h>

#include "buffer.h"

extern atomic_int kube_log_now; /* the level; -1: the environment was not asked yet */

static inline bool kube_log_is_on(int level) {
  return atomic_load_explicit(&kube_log_now, memory_order_relaxed) != 0 &&
         kube_log_level() >= level;
}

/* The lines of an engine. Valid when zeroed: they go to stderr. */
typedef struct kube_log {
  bool kept;
  kube_buffer lines;     /* each with its line feed */
  unsigned long dropped; /* since one was taken */
} kube_log;

void kube_log_clear(kube_log *log);

/* The oldest line, without its line feed, for kube_text_free; NULL: there is none. */
char *kube_log_take(kube_log *log);

/*
** A line that is being written. No failure is told: without memory, or past a ceiling, it is lost as
** a whole, and counted.
*/
typedef struct kube_log_line {
  kube_buffer text;
  bool lost;
} kube_log_line;

/* Appends; bytes stay on one line: "\n" and its like stand for control characters, "\u009b" and its
** like for those of terminals. */
void kube_log_printf(kube_log_line *line, const char *format, ...) KUBE_PRINTF(2, 3);
void kube_log_bytes(kube_log_line *line, const char *bytes, size_t n);

/* The same in double quotes, with "\"" and "\\" for what would end them. */
void kube_log_quote(kube_log_line *line, const char *bytes, size_t n);

/* Tells it, and leaves it empty. log NULL: to stderr. */
void kube_log_tell(kube_log *log, kube_log_line *line);

#endif
