/* Lists of problems; the contract is in problems.h. */
#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void kube_problem(kube_problems *problems, const char *format, ...) {
  size_t used = strlen(problems->text);
  va_list args;
  if (problems->count++ > 0)
    used += (size_t)snprintf(problems->text + used, sizeof problems->text - used, ", ");
  if (used >= sizeof problems->text) return;
  va_start(args, format);
  vsnprintf(problems->text + used, sizeof problems->text - used, format, args);
  va_end(args);
}

kube_status kube_problems_fail(const kube_problems *problems, const char *prefix,
                               const char *suffix, kube_error *err) {
  const bool one = problems->count == 1;
  if (problems->count == 0) return KUBE_OK;
  return kube_fail(err, KUBE_ECONFIG, "%s%s%s%s%s", prefix, one ? "" : "[", problems->text,
                   one ? "" : "]", suffix);
}
