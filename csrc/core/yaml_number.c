/*
** Numbers; the contract is in yaml_number.h.
** A float is handed to strtod as whole digits and an exponent ("15e-1"), and only digits
** are taken from printf: neither the decimal point nor the grouping of a locale matters.
*/
#include "yaml_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_DIGITS = 17,       /* tell any two doubles apart */
  LARGEST_EXPONENT = 9999 /* past any double, however many digits stand before it */
};

/* digits[0].digits[1]... times ten to the exponent */
typedef struct decimal {
  char digits[MOST_DIGITS + 1];
  int count;
  int exponent;
} decimal;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ---- reading ---- */

static int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

static bool read_digits(const char *s, unsigned base, uint64_t *value) {
  for (*value = 0; *s; s++) {
    unsigned digit = (unsigned)digit_value(*s);
    if (digit >= base || *value > (UINT64_MAX - digit) / base) return false;
    *value = *value * base + digit;
  }
  return true;
}

/* Moves *s past the prefix that names a base: "0x" alone is an octal number with a bad digit. */
static unsigned read_base(const char **s) {
  const char *p = *s;
  if (p[0] != '0') return 10;
  *s = p + 1;
  if (p[1] == '\0' || p[2] == '\0') return 8;
  *s = p + 2;
  switch (p[1]) {
    case 'x':
    case 'X': return 16;
    case 'b':
    case 'B': return 2;
    case 'o':
    case 'O': return 8;
  }
  *s = p + 1;
  return 8;
}

/* What an int64 holds; without a sign what a uint64 holds, too. */
static bool fits(char sign, uint64_t magnitude) {
  if (sign == '-') return magnitude <= (uint64_t)INT64_MAX + 1;
  if (sign == '+') return magnitude <= INT64_MAX;
  return true;
}

/* go-yaml tries "0b" apart from Go's own prefixes, and so lets a sign follow it. */
static const char *after_binary_sign(const char *text) {
  bool is = strncmp(text, "0b", 2) == 0 && (text[2] == '+' || text[2] == '-');
  return is ? text + 2 : NULL;
}

bool kube_yaml_read_integer(const char *text, bool *negative, uint64_t *magnitude) {
  const char *signed_binary = after_binary_sign(text);
  const char *s = signed_binary ? signed_binary : text;
  char sign = '\0';
  unsigned base;
  if (*s == '+' || *s == '-') sign = *s++;
  if (*s == '\0') return false;
  base = signed_binary ? 2 : read_base(&s);
  *negative = sign == '-';
  return read_digits(s, base, magnitude) && fits(sign, *magnitude);
}

/* The exponent behind an e; false when there is none. Clamped: it may have any length. */
static bool read_exponent(const char *s, int *exponent) {
  int sign = *s == '-' ? -1 : 1, value = 0;
  if (*s == '-' || *s == '+') s++;
  if (!is_digit(*s)) return false;
  for (; is_digit(*s); s++)
    if (value <= LARGEST_EXPONENT) value = value * 10 + (*s - '0');
  *exponent = sign * value;
  return *s == '\0';
}

bool kube_yaml_read_float(const char *text, double *number) {
  size_t n = strlen(text), used = 0;
  int digits = 0, fraction = 0, exponent = 0;
  bool point = false;
  char whole[1100];
  if (n + 16 > sizeof whole) return false; /* yaml_scalar cuts before that */
  if (*text == '+' || *text == '-') whole[used++] = *text++;
  for (; is_digit(*text) || (*text == '.' && !point); text++) {
    if (*text == '.') {
      point = true;
      continue;
    }
    whole[used++] = *text;
    digits++;
    fraction += point;
  }
  if (digits == 0) return false;
  if (*text == 'e' || *text == 'E') {
    if (!read_exponent(text + 1, &exponent)) return false;
  } else if (*text != '\0') {
    return false;
  }
  snprintf(whole + used, sizeof whole - used, "e%d", exponent - fraction);
  *number = strtod(whole, NULL);
  return isfinite(*number);
}

/* ---- printing ---- */

static void take_digits(decimal *d, const char *printed) {
  d->count = 0;
  for (; *printed != 'e'; printed++)
    if (is_digit(*printed) && d->count < MOST_DIGITS) d->digits[d->count++] = *printed;
  d->digits[d->count] = '\0';
  d->exponent = atoi(printed + 1);
}

static bool reads_back(const decimal *d, double number, bool single) {
  char whole[MOST_DIGITS + 16];
  snprintf(whole, sizeof whole, "%se%d", d->digits, d->exponent - (d->count - 1));
  return single ? strtof(whole, NULL) == (float)number : strtod(whole, NULL) == number;
}

/*
** The fewest digits that still name this number, which is finite and not negative. Next to a
** power of two the nearest decimal may miss where the one above it does not: try that, too.
*/
static decimal shortest(double number, bool single) {
  decimal d;
  char printed[MOST_DIGITS + 32];
  for (int count = 1; count <= MOST_DIGITS; count++) {
    snprintf(printed, sizeof printed, "%.*e", count - 1, number);
    take_digits(&d, printed);
    if (reads_back(&d, number, single)) break;
    if (count == MOST_DIGITS || d.digits[count - 1] == '9') continue;
    d.digits[count - 1]++;
    if (reads_back(&d, number, single)) break;
  }
  return d;
}

static size_t print_scientific(const decimal *d, int exponent_digits, char *out) {
  int n =
      snprintf(out, KUBE_YAML_NUMBER_SIZE, "%c%s%se%c%0*d", d->digits[0], d->count > 1 ? "." : "",
               d->digits + 1, d->exponent < 0 ? '-' : '+', exponent_digits, abs(d->exponent));
  return (size_t)n;
}

/* exponent lies between -6 and 20 */
static size_t print_plain(const decimal *d, char *out) {
  size_t n = 0;
  int place = d->exponent < 0 ? d->exponent : 0; /* of the next digit, 0 is the first written */
  if (d->exponent < 0) {
    n = (size_t)sprintf(out, "0.");
    while (++place < 0) out[n++] = '0';
    memcpy(out + n, d->digits, (size_t)d->count);
    return n + (size_t)d->count;
  }
  for (; place <= d->exponent || place < d->count; place++) {
    if (place == d->exponent + 1) out[n++] = '.';
    out[n++] = place < d->count ? d->digits[place] : '0';
  }
  return n;
}

size_t kube_yaml_print_float(double number, char out[KUBE_YAML_NUMBER_SIZE]) {
  decimal d = shortest(fabs(number), false);
  size_t sign = signbit(number) ? 1 : 0;
  out[0] = '-';
  if (d.exponent < -6 || d.exponent >= 21) return sign + print_scientific(&d, 1, out + sign);
  return sign + print_plain(&d, out + sign);
}

size_t kube_yaml_print_float_key(double number, char out[KUBE_YAML_NUMBER_SIZE]) {
  float single = (float)number;
  decimal d;
  size_t sign = signbit(number) ? 1 : 0;
  if (isnan(single)) return (size_t)sprintf(out, ".nan");
  if (isinf(single)) return (size_t)sprintf(out, single < 0 ? "-.inf" : ".inf");
  d = shortest(fabsf(single), true);
  out[0] = '-';
  if (d.exponent < -4 || d.exponent >= 6) return sign + print_scientific(&d, 2, out + sign);
  return sign + print_plain(&d, out + sign);
}
