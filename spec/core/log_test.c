/* Lines of what happens: how they are written, where they wait, and what the environment says. */
#include "../../csrc/core/log.h"

#include <sys/wait.h>
#include <unistd.h>

#include "../support/check.h"

static void a_line_stays_one(void) {
  static const char bytes[] = "a\n\t\"\\\x1b\x7f\0\xc3\xa4";
  kube_log log = {.kept = true};
  kube_log_line line = {0};
  char *text;
  kube_log_printf(&line, "%d ", 1);
  kube_log_bytes(&line, bytes, sizeof bytes - 1);
  kube_log_tell(&log, &line);
  kube_log_quote(&line, bytes, sizeof bytes - 1);
  kube_log_tell(&log, &line);
  text = kube_log_take(&log);
  CHECK_STRING(text, "1 a\\n\\t\"\\\\x1b\\x7f\\x00\xc3\xa4");
  free(text);
  text = kube_log_take(&log);
  CHECK_STRING(text, "\"a\\n\\t\\\"\\\\\\x1b\\x7f\\x00\xc3\xa4\"");
  free(text);
  CHECK(kube_log_take(&log) == NULL);
  kube_log_clear(&log);
}

static void a_terminal_gets_no_commands(void) {
  static const char bytes[] = "\xc2\x9b"
                              "31m\xc2\x80\xc2\xa0\xc2\n\xc2";
  kube_log log = {.kept = true};
  kube_log_line line = {0};
  char *text;
  kube_log_bytes(&line, bytes, sizeof bytes - 1);
  kube_log_tell(&log, &line);
  text = kube_log_take(&log);
  CHECK_STRING(text, "\\u009b31m\\u0080\xc2\xa0\xc2\\n\xc2");
  free(text);
  kube_log_clear(&log);
}

static void tell(kube_log *log, const char *text, size_t n) {
  kube_log_line line = {0};
  kube_log_bytes(&line, text, n);
  kube_log_tell(log, &line);
}

/* Nobody takes them: what there is no room for is counted. */
static void what_is_dropped_is_told(void) {
  const size_t n = 1 << 20;
  char *large = calloc(7, n), *text;
  kube_log log = {.kept = true};
  int i, lines = 0;
  memset(large, 'x', 7 * n);
  tell(&log, "first", 5);
  for (i = 0; i < 10; i++) tell(&log, large, n);
  tell(&log, large, 7 * n); /* more than any line may have */
  text = kube_log_take(&log);
  CHECK_STRING(text, "first");
  while (text && text[0] != '4') {
    free(text);
    text = kube_log_take(&log);
    lines++;
  }
  CHECK(lines == 8);
  CHECK_STRING(text, "4 lines of the log were dropped: they were not taken in time");
  free(text);
  CHECK(kube_log_take(&log) == NULL);
  kube_log_clear(&log);
  kube_log_clear(&log);
  free(large);
}

/* In a child, whose stderr is read: the level, and what was said. */
static int level_of(const char *environment, char *said, size_t size) {
  int out[2], status;
  ssize_t n;
  if (pipe(out) != 0) abort();
  if (fork() == 0) {
    dup2(out[1], STDERR_FILENO);
    if (environment)
      setenv("KUBE_LOG", environment, 1);
    else
      unsetenv("KUBE_LOG");
    kube_log_is_on(6);
    _exit(kube_log_is_on(1) ? kube_log_level() : 100 + kube_log_level());
  }
  close(out[1]);
  n = read(out[0], said, size - 1);
  said[n > 0 ? n : 0] = '\0';
  close(out[0]);
  wait(&status);
  return WEXITSTATUS(status);
}

static void the_environment_is_asked_once(void) {
  static const struct {
    const char *environment;
    int level;
    bool said;
  } rows[] = {{NULL, 100, false}, {"", 100, false},  {"0", 100, false},  {"6", 6, false},
              {"10", 10, false},  {"99", 10, false}, {"x", 100, true},   {"-1", 100, true},
              {"6 ", 100, true},  {"6x", 100, true}, {"1234", 100, true}};
  char said[256];
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_about = rows[i].environment ? rows[i].environment : "none";
    CHECK(level_of(rows[i].environment, said, sizeof said) == rows[i].level);
    CHECK((strstr(said, "KUBE_LOG is no level from 0 to 10, and ignored: \"") != NULL) ==
          rows[i].said);
    CHECK(rows[i].said || *said == '\0');
  }
}

static void a_level_that_is_set(void) {
  kube_log_set_level(8);
  CHECK(kube_log_level() == 8 && kube_log_is_on(8) && !kube_log_is_on(9));
  kube_log_set_level(-3);
  CHECK(kube_log_level() == 0 && !kube_log_is_on(1));
  kube_log_set_level(77);
  CHECK(kube_log_level() == 10);
  kube_log_set_level(0);
}

int main(void) {
  RUN(the_environment_is_asked_once);
  RUN(a_line_stays_one);
  RUN(a_terminal_gets_no_commands);
  RUN(what_is_dropped_is_told);
  RUN(a_level_that_is_set);
  return check_report();
}
