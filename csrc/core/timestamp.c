/* Moments as texts; the contract is in timestamp.h. */
#include "timestamp.h"

#include <string.h>
#include <time.h>

/* Exactly n digits at *at, a number from least to most; goes past them. */
static bool number(const char **at, int n, int least, int most, int *out) {
  *out = 0;
  for (; n > 0; n--, ++*at) {
    if (**at < '0' || **at > '9') return false;
    *out = *out * 10 + (**at - '0');
  }
  return *out >= least && *out <= most;
}

static bool mark(const char **at, const char *set) {
  if (**at == '\0' || strchr(set, **at) == NULL) return false;
  ++*at;
  return true;
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap);
}

static bool date(const char **at, struct tm *tm) {
  if (!number(at, 4, 0, 9999, &tm->tm_year) || !mark(at, "-")) return false;
  if (!number(at, 2, 1, 12, &tm->tm_mon) || !mark(at, "-")) return false;
  if (!number(at, 2, 1, days_in(tm->tm_year, tm->tm_mon), &tm->tm_mday)) return false;
  tm->tm_year -= 1900;
  tm->tm_mon -= 1;
  return true;
}

/* A fraction in milliseconds: what is finer is cut off. */
static bool fraction(const char **at, int *ms) {
  int unit = 100;
  *ms = 0;
  if (!mark(at, ".")) return true;
  if (**at < '0' || **at > '9') return false;
  for (; **at >= '0' && **at <= '9'; ++*at, unit /= 10) *ms += (**at - '0') * unit;
  return true;
}

/* Z, or how many minutes the clock is ahead. */
static bool offset(const char **at, int *minutes) {
  const int sign = **at == '-' ? -1 : 1;
  int hours, rest;
  *minutes = 0;
  if (mark(at, "Zz")) return true;
  if (!mark(at, "+-") || !number(at, 2, 0, 23, &hours) || !mark(at, ":") ||
      !number(at, 2, 0, 59, &rest))
    return false;
  *minutes = sign * (hours * 60 + rest);
  return true;
}

bool kube_timestamp_parse(const char *text, long long *ms) {
  struct tm tm = {0};
  int milliseconds, minutes;
  if (!date(&text, &tm) || !mark(&text, "Tt")) return false;
  if (!number(&text, 2, 0, 23, &tm.tm_hour) || !mark(&text, ":")) return false;
  if (!number(&text, 2, 0, 59, &tm.tm_min) || !mark(&text, ":")) return false;
  if (!number(&text, 2, 0, 60, &tm.tm_sec)) return false;
  if (!fraction(&text, &milliseconds) || !offset(&text, &minutes) || *text) return false;
  *ms = ((long long)timegm(&tm) - minutes * 60LL) * 1000 + milliseconds;
  return true;
}
