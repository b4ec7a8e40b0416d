/*
** Memory runs out while a program is started and read: once a single allocation fails, the first,
** the second, ...; once all that follow too. Whoever asked is told, and nothing is left.
*/
#include "../support/descriptors.h"
#include "../support/programs.h"
#include "../support/scarce.h"

enum { MOST = 200 };

static kube_status run(program *g) {
  static const char *const arguments[] = {"-c", "head -c 40000 /dev/zero; echo no >&2", NULL};
  static const char *const environment[] = {"SPEC=1", NULL};
  const kube_process_options options = {
      .command = "sh", .arguments = arguments, .environment = environment, .ceiling = 100000};
  kube_error_clear(&g->err);
  return program_start(g, &options) ? program_finish(g) : g->err.status;
}

static void each_allocation_may_fail(bool stays) {
  long n;
  for (n = 0; n < MOST; n++) {
    const int before = descriptors();
    kube_status status;
    program g;
    program_open(&g);
    scarce_begin(n, stays);
    status = run(&g);
    scarce_end();
    if (!scarce_failed) {
      CHECK(status == KUBE_EOF && kube_process_output(g.process).length == 40000);
    } else if (CHECK(status == KUBE_ENOMEM)) {
      CHECK_STRING(g.err.reason, "OutOfMemory");
    }
    program_close(&g);
    CHECK(no_children());
    CHECK(descriptors() == before);
    if (!scarce_failed) break;
  }
  CHECK(n >= 5 && n < MOST);
}

static void one_may_fail(void) { each_allocation_may_fail(false); }
static void all_that_follow_may_fail(void) { each_allocation_may_fail(true); }

int main(void) {
  RUN(one_may_fail);
  RUN(all_that_follow_may_fail);
  return check_report();
}
