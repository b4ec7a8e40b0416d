/*
** Jobs that are done while memory runs out (scarce.h): once a single allocation fails, the first, the
** second, ...; once all that follow too, until one comes to its end without a failure.
*/
#ifndef SPEC_SUPPORT_SCARCE_JOBS_H
#define SPEC_SUPPORT_SCARCE_JOBS_H

#include <cjson/cJSON.h>

#include "check.h"
#include "kube.h"
#include "scarce.h"

enum { SCARCE_MOST = 3000 /* allocations of a job */ };

typedef struct scarce_job {
  const char *name;
  kube_status (*run)(kube_error *err);
} scarce_job;

/* Checks what a job says that came to nothing. */
typedef void scarce_told(kube_status status, const kube_error *err);

static inline void scarce_each_allocation(const scarce_job *job, bool stays, scarce_told *told) {
  char about[96];
  long n;
  for (n = 0; n < SCARCE_MOST; n++) {
    kube_error err = {0};
    kube_status status;
    snprintf(about, sizeof about, "%s, %s after %ld", job->name, stays ? "all" : "one", n);
    check_about = about;
    scarce_begin(n, stays);
    status = job->run(&err);
    scarce_end();
    if (scarce_failed && status != KUBE_OK) told(status, &err);
    if (scarce_failed) continue;
    if (!CHECK(status == KUBE_OK)) printf("  status %d: %s\n", (int)status, err.message);
    break;
  }
  CHECK(n > 0 && n < SCARCE_MOST);
  check_about = "";
}

static inline void scarce_do(const scarce_job *jobs, size_t count, scarce_told *told) {
  size_t i;
  for (i = 0; i < count; i++) {
    scarce_each_allocation(&jobs[i], false, told);
    scarce_each_allocation(&jobs[i], true, told);
  }
}

static inline void *scarce_json_malloc(size_t n) { return __wrap_malloc(n); }

/* cJSON's memory runs out, too: it is no object of ours. */
static inline void scarce_begin_json(void) {
  cJSON_InitHooks(&(cJSON_Hooks){scarce_json_malloc, free});
}

#endif
