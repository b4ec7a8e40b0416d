/* Lines of what happens; the contract is in log.h and kube.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  HIGHEST = 10,
  LINE_CEILING = 5 << 20, /* bytes: a body of 1 MiB in which all is escaped */
  KEPT_CEILING = 8 << 20  /* of lines that wait */
};

/* ---- to stderr ---- */

/* The time in front, as whoever looks at several logs needs it. Nobody to write to: so be it. */
static void print(kube_slice text) {
  kube_buffer out = {0};
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  if (kube_buffer_printf(&out, NULL, "kube %02d:%02d:%02d.%03ld ", local.tm_hour, local.tm_min,
                         local.tm_sec, now.tv_nsec / 1000000) == KUBE_OK &&
      kube_buffer_add(&out, text.bytes, text.length, NULL) == KUBE_OK &&
      kube_buffer_add_char(&out, '\n', NULL) == KUBE_OK &&
      write(STDERR_FILENO, kube_buffer_bytes(&out), kube_buffer_length(&out)) < 0) {}
  kube_buffer_clear(&out);
}

/* ---- the level ---- */

atomic_int kube_log_now = -1;

static int limit(int level) { return level < 0 ? 0 : level > HIGHEST ? HIGHEST : level; }

static void say_bad_level(const char *text) {
  kube_log_line line = {0};
  kube_log_printf(&line, "KUBE_LOG is no level from 0 to %d, and ignored: ", HIGHEST);
  kube_log_quote(&line, text, strnlen(text, 32));
  kube_log_tell(NULL, &line);
}

/* Of several threads that ask first one is heard. */
static int read_environment(void) {
  const char *text = getenv("KUBE_LOG");
  const size_t digits = text ? strspn(text, "0123456789") : 0;
  const bool good = digits > 0 && digits <= 3 && text[digits] == '\0';
  int unread = -1;
  if (!atomic_compare_exchange_strong(&kube_log_now, &unread, good ? limit(atoi(text)) : 0))
    return unread;
  if (text && *text && !good) say_bad_level(text);
  return atomic_load(&kube_log_now);
}

int kube_log_level(void) {
  const int now = atomic_load(&kube_log_now);
  return now < 0 ? read_environment() : now;
}

void kube_log_set_level(int level) { atomic_store(&kube_log_now, limit(level)); }

/* ---- lines that wait ---- */

void kube_log_clear(kube_log *log) {
  kube_buffer_clear(&log->lines);
  memset(log, 0, sizeof *log);
}

static char *tell_dropped(kube_log *log) {
  char text[80];
  if (log->dropped == 0) return NULL;
  snprintf(text, sizeof text, "%lu lines of the log were dropped: they were not taken in time",
           log->dropped);
  log->dropped = 0;
  return strdup(text);
}

char *kube_log_take(kube_log *log) {
  const kube_slice all = kube_buffer_slice(&log->lines);
  const char *end = all.length ? memchr(all.bytes, '\n', all.length) : NULL;
  char *text;
  if (end == NULL) return tell_dropped(log);
  text = strndup(all.bytes, (size_t)(end - all.bytes));
  if (text == NULL) log->dropped++;
  kube_buffer_take(&log->lines, (size_t)(end - all.bytes) + 1);
  if (kube_buffer_length(&log->lines) == 0) kube_buffer_clear(&log->lines);
  return text;
}

static void keep(kube_log *log, kube_slice text) {
  kube_buffer *lines = &log->lines;
  lines->ceiling = KEPT_CEILING;
  if (kube_buffer_reserve(lines, text.length + 1, NULL) != KUBE_OK) {
    log->dropped++;
    return;
  }
  kube_buffer_add(lines, text.bytes, text.length, NULL);
  kube_buffer_add_char(lines, '\n', NULL);
}

/* ---- writing one ---- */

/* Whether there is room for n more bytes. */
static bool has_room(kube_log_line *line, size_t n) {
  line->text.ceiling = LINE_CEILING;
  if (!line->lost && kube_buffer_reserve(&line->text, n, NULL) != KUBE_OK) line->lost = true;
  return !line->lost;
}

void kube_log_printf(kube_log_line *line, const char *format, ...) {
  va_list args;
  int n;
  va_start(args, format);
  n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n < 0 || !has_room(line, (size_t)n + 1)) return;
  va_start(args, format);
  vsnprintf(line->text.data + line->text.end, (size_t)n + 1, format, args);
  va_end(args);
  line->text.end += (size_t)n;
}

/* U+0080 to U+009F, in UTF-8: terminals take them for commands, as they do ESC. */
static bool is_c1(const char *bytes, size_t n) {
  const unsigned char *c = (const unsigned char *)bytes;
  return n > 1 && c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
}

/* How a byte is shown, into out of 5; its length. */
static size_t show(unsigned char c, bool quoted, char *out) {
  static const char names[] = "abtnvfr"; /* of 7 to 13 */
  if (c >= 7 && c <= 13) return (size_t)snprintf(out, 5, "\\%c", names[c - 7]);
  if (c < ' ' || c == 127) return (size_t)snprintf(out, 5, "\\x%02x", c);
  if (quoted && (c == '"' || c == '\\')) return (size_t)snprintf(out, 5, "\\%c", c);
  *out = (char)c;
  return 1;
}

static void add(kube_log_line *line, const char *bytes, size_t n, bool quoted) {
  size_t i;
  if (!has_room(line, n)) return;
  for (i = 0; i < n; i++) {
    char shown[8];
    const size_t length =
        is_c1(bytes + i, n - i)
            ? (size_t)snprintf(shown, sizeof shown, "\\u00%02x", (unsigned char)bytes[++i])
            : show((unsigned char)bytes[i], quoted, shown);
    if (kube_buffer_add(&line->text, shown, length, NULL) != KUBE_OK) line->lost = true;
  }
}

void kube_log_bytes(kube_log_line *line, const char *bytes, size_t n) {
  add(line, bytes, n, false);
}

void kube_log_quote(kube_log_line *line, const char *bytes, size_t n) {
  kube_log_printf(line, "\"");
  add(line, bytes, n, true);
  kube_log_printf(line, "\"");
}

void kube_log_tell(kube_log *log, kube_log_line *line) {
  const kube_slice lost = {"a line of the log is lost: there was no room for it", 51};
  if (log && log->kept && line->lost)
    log->dropped++;
  else if (log && log->kept)
    keep(log, kube_buffer_slice(&line->text));
  else
    print(line->lost ? lost : kube_buffer_slice(&line->text));
  kube_buffer_clear(&line->text);
  memset(line, 0, sizeof *line);
}
