/*
** What a C test needs: CHECK a condition, CHECK_TEXT and CHECK_STRING, RUN a function. Each
** failure is printed with its place; the last line says how many passed and failed.
**   int main(void) { RUN(strings); return check_report(); }
*/
#ifndef SPEC_SUPPORT_CHECK_H
#define SPEC_SUPPORT_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_passed, check_failed;
static const char *check_about = ""; /* what is tried at the moment, for messages */

static inline bool check_note(bool good, const char *file, int line, const char *what) {
  if (good) {
    check_passed++;
  } else {
    check_failed++;
    printf("%s:%d: %s%s%s\n", file, line, what, *check_about ? ", with " : "", check_about);
  }
  return good;
}

static inline bool check_text(const char *bytes, size_t n, const char *want, const char *file,
                              int line) {
  const bool same = n == strlen(want) && (n == 0 || memcmp(bytes, want, n) == 0);
  check_note(same, file, line, "the texts differ");
  if (!same) printf("  want: %s\n  have: %.*s\n", want, (int)n, bytes ? bytes : "");
  return same;
}

static inline bool check_string(const char *have, const char *want, const char *file, int line) {
  return check_text(have, have ? strlen(have) : 0, want, file, line);
}

/* Each returns whether it was so. */
#define CHECK(condition)           check_note((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(bytes, n, want) check_text((bytes), (n), (want), __FILE__, __LINE__)

#define CHECK_STRING(have, want) check_string((have), (want), __FILE__, __LINE__)

#define RUN(test) (check_about = "", test())

static inline int check_report(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed ? 1 : 0;
}

/* A copy in memory of exactly n bytes, so that a read past the end is seen; free it. */
static inline char *check_exact(const char *bytes, size_t n) {
  char *copy = malloc(n ? n : 1);
  if (copy == NULL) abort();
  if (n) memcpy(copy, bytes, n);
  return copy;
}

#endif
