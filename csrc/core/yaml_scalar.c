/*
** Scalars; the rules are in yaml_scalar.h.
**
** | case                                  | sigs.k8s.io/yaml   | kube                     |
** | a number of more than 1000 characters | a number           | text                     |
** | the text `<<`, written                | plain: reads back  | quoted                   |
** |                                       | as a merge key     |                          |
*/
#include "yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 5, LONGEST_NUMBER = 1000 };

typedef struct word {
  char text[LONGEST_WORD + 1];
  kube_yaml_type type;
} word;

static const word words[] = {
    {"y", KUBE_YAML_TRUE},      {"Y", KUBE_YAML_TRUE},      {"yes", KUBE_YAML_TRUE},
    {"Yes", KUBE_YAML_TRUE},    {"YES", KUBE_YAML_TRUE},    {"true", KUBE_YAML_TRUE},
    {"True", KUBE_YAML_TRUE},   {"TRUE", KUBE_YAML_TRUE},   {"on", KUBE_YAML_TRUE},
    {"On", KUBE_YAML_TRUE},     {"ON", KUBE_YAML_TRUE},     {"n", KUBE_YAML_FALSE},
    {"N", KUBE_YAML_FALSE},     {"no", KUBE_YAML_FALSE},    {"No", KUBE_YAML_FALSE},
    {"NO", KUBE_YAML_FALSE},    {"false", KUBE_YAML_FALSE}, {"False", KUBE_YAML_FALSE},
    {"FALSE", KUBE_YAML_FALSE}, {"off", KUBE_YAML_FALSE},   {"Off", KUBE_YAML_FALSE},
    {"OFF", KUBE_YAML_FALSE},   {"", KUBE_YAML_NULL},       {"~", KUBE_YAML_NULL},
    {"null", KUBE_YAML_NULL},   {"Null", KUBE_YAML_NULL},   {"NULL", KUBE_YAML_NULL},
    {".nan", KUBE_YAML_FLOAT},  {".NaN", KUBE_YAML_FLOAT},  {".NAN", KUBE_YAML_FLOAT},
    {".inf", KUBE_YAML_FLOAT},  {".Inf", KUBE_YAML_FLOAT},  {".INF", KUBE_YAML_FLOAT},
    {"+.inf", KUBE_YAML_FLOAT}, {"+.Inf", KUBE_YAML_FLOAT}, {"+.INF", KUBE_YAML_FLOAT},
    {"-.inf", KUBE_YAML_FLOAT}, {"-.Inf", KUBE_YAML_FLOAT}, {"-.INF", KUBE_YAML_FLOAT},
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_sign(char c) { return c == '+' || c == '-'; }

/* ---- words ---- */

static double special_float(const char *text) {
  if (strchr("nN", text[1])) return NAN;
  return text[0] == '-' ? -INFINITY : INFINITY;
}

static bool find_word(const char *text, size_t n, kube_yaml_scalar *out) {
  if (n > LONGEST_WORD) return false;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strlen(words[i].text) != n || memcmp(words[i].text, text, n) != 0) continue;
    out->type = words[i].type;
    if (out->type == KUBE_YAML_FLOAT) out->number = special_float(words[i].text);
    return true;
  }
  return false;
}

/* ---- dates: Go's layouts 2006-1-2, with T or t, time and zone, or a space and the time ---- */

/* One digit, or two: a number up to most, or -1. */
static int take_field(const char **s, int least, int most) {
  int value;
  if (!is_digit(**s)) return -1;
  value = *(*s)++ - '0';
  if (is_digit(**s)) value = value * 10 + (*(*s)++ - '0');
  return value < least || value > most ? -1 : value;
}

static bool take_char(const char **s, const char *any) {
  if (**s == '\0' || strchr(any, **s) == NULL) return false;
  (*s)++;
  return true;
}

static int days_in(int month, int year) {
  static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

static bool take_day(const char **s) {
  int year = 0, month;
  for (int i = 0; i < 4; i++) {
    if (!is_digit(**s)) return false;
    year = year * 10 + (*(*s)++ - '0');
  }
  if (!take_char(s, "-")) return false;
  month = take_field(s, 1, 12);
  return month > 0 && take_char(s, "-") && take_field(s, 1, days_in(month, year)) > 0;
}

static bool take_clock(const char **s) {
  if (take_field(s, 0, 23) < 0 || !take_char(s, ":")) return false;
  if (take_field(s, 0, 59) < 0 || !take_char(s, ":")) return false;
  if (take_field(s, 0, 59) < 0) return false;
  if (strchr(".,", **s) && **s && is_digit((*s)[1]))
    for ((*s)++; is_digit(**s);) (*s)++;
  return true;
}

static bool take_zone(const char **s) {
  const char *start = *s + 1;
  if (take_char(s, "Z")) return true;
  if (!take_char(s, "+-")) return false;
  return take_field(s, 0, 24) >= 0 && take_char(s, ":") && take_field(s, 0, 60) >= 0 &&
         *s - start == 5;
}

static bool is_date(const char *s) {
  if (!take_day(&s)) return false;
  if (*s == '\0') return true;
  if (take_char(&s, " ")) return take_clock(&s) && *s == '\0';
  return take_char(&s, "Tt") && take_clock(&s) && take_zone(&s) && *s == '\0';
}

/* ---- numbers ---- */

/* A float that starts with a dot goes to Go's parser, which wants each _ between two digits. */
static bool underscores_part_digits(const char *text) {
  for (const char *s = text; (s = strchr(s, '_')) != NULL; s++)
    if (s == text || !is_digit(s[-1]) || !is_digit(s[1])) return false;
  return true;
}

static void drop_underscores(char *text) {
  char *to = text;
  for (; *text; text++)
    if (*text != '_') *to++ = *text;
  *to = '\0';
}

static void read_number(char *text, kube_yaml_scalar *out) {
  if (text[0] == '.' && !underscores_part_digits(text)) return;
  drop_underscores(text);
  if (kube_yaml_read_integer(text, &out->negative, &out->magnitude))
    out->type = KUBE_YAML_INTEGER;
  else if (kube_yaml_read_float(text, &out->number))
    out->type = KUBE_YAML_FLOAT;
}

/* ---- the whole ---- */

kube_yaml_scalar kube_yaml_resolve(const char *text, size_t n) {
  kube_yaml_scalar out = {0};
  char copy[LONGEST_NUMBER + 1];
  if (n == 0 || strchr("yYnNtTfFoO~.+-", text[0]))
    if (find_word(text, n, &out)) return out;
  if (n == 0 || n > LONGEST_NUMBER || memchr(text, '\0', n)) return out;
  if (!is_digit(text[0]) && !is_sign(text[0]) && text[0] != '.') return out;
  memcpy(copy, text, n);
  copy[n] = '\0';
  if (is_date(copy))
    out.type = KUBE_YAML_DATE;
  else
    read_number(copy, &out);
  return out;
}

static size_t print_integer(const kube_yaml_scalar *scalar, char *out) {
  const char *sign = scalar->negative && scalar->magnitude ? "-" : "";
  return (size_t)snprintf(out, KUBE_YAML_NUMBER_SIZE, "%s%llu", sign,
                          (unsigned long long)scalar->magnitude);
}

size_t kube_yaml_print(const kube_yaml_scalar *scalar, char out[KUBE_YAML_NUMBER_SIZE]) {
  switch (scalar->type) {
    case KUBE_YAML_NULL: return (size_t)sprintf(out, "null");
    case KUBE_YAML_FALSE: return (size_t)sprintf(out, "false");
    case KUBE_YAML_TRUE: return (size_t)sprintf(out, "true");
    case KUBE_YAML_INTEGER: return print_integer(scalar, out);
    case KUBE_YAML_FLOAT:
      return isfinite(scalar->number) ? kube_yaml_print_float(scalar->number, out) : 0;
    default: return 0;
  }
}

size_t kube_yaml_print_key(const kube_yaml_scalar *scalar, char out[KUBE_YAML_NUMBER_SIZE]) {
  switch (scalar->type) {
    case KUBE_YAML_NULL: return 0;
    case KUBE_YAML_INTEGER:
      if (!scalar->negative && scalar->magnitude > INT64_MAX) return 0;
      return print_integer(scalar, out);
    case KUBE_YAML_FLOAT: return kube_yaml_print_float_key(scalar->number, out);
    default: return kube_yaml_print(scalar, out);
  }
}

/* 190:20:30 and 12:30.5: numbers to base 60, which other YAML 1.1 readers still know. */
static bool is_sexagesimal(const char *text, size_t n) {
  const char *s = text, *end = text + n;
  bool colon = false;
  if (s < end && is_sign(*s)) s++;
  if (s == end || !is_digit(*s)) return false;
  while (s < end && (is_digit(*s) || *s == '_')) s++;
  for (; s < end && *s == ':'; colon = true) {
    const char *field = ++s;
    while (s < end && is_digit(*s)) s++;
    if (s == field || s - field > 2 || (s - field == 2 && *field > '5')) return false;
  }
  if (s < end && *s == '.')
    for (s++; s < end && (is_digit(*s) || *s == '_');) s++;
  return colon && s == end;
}

bool kube_yaml_is_plain_text(const char *text, size_t n) {
  if (n == 2 && memcmp(text, "<<", 2) == 0) return false;
  return kube_yaml_resolve(text, n).type == KUBE_YAML_TEXT && !is_sexagesimal(text, n);
}
