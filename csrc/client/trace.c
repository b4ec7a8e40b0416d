/* What is told of a call while it runs; the contract is in trace.h. */
#include "trace.h"

#include <string.h>

#include "attempts.h"
#include "core/transfer_facts.h"
#include "redact.h"

/* Bytes of an answer that are looked at, for what may not be shown, if more than are shown. */
enum { LOOKED_AT = 64 << 10 };

enum {
  TURNS = 3,
  RESTS = 4,
  ANSWERS = 6,
  REQUESTS = 7,
  BODIES = 8,
  COMMANDS = 9,
  WHOLE = 10
}; /* from which level */

/* ---- pieces of lines ---- */

size_t kube_trace_body_shown(int level) {
  return level >= WHOLE ? 1 << 20 : level >= COMMANDS ? 10240 : level >= BODIES ? 1024 : 0;
}

void kube_trace_add_body(kube_log_line *line, kube_slice bytes, size_t n) {
  kube_log_bytes(line, bytes.bytes, bytes.length);
  if (n > bytes.length) kube_log_printf(line, " [truncated %zu chars]", n - bytes.length);
}

/* The query too, but that of a redirect: nobody here knows what another server put there. */
static kube_slice url_of(const kube_call *call, kube_buffer *url) {
  kube_status status = kube_redirect_where(&call->redirect, call->client, &call->request, url);
  if (status == KUBE_OK && call->redirect.path == NULL)
    kube_query_write(&call->request.query, url, NULL);
  return kube_buffer_slice(url);
}

static void add_place(kube_log_line *line, const kube_call *call) {
  kube_buffer buffer = {0};
  const kube_slice url = url_of(call, &buffer);
  kube_log_printf(line, " verb=\"%s\" url=", kube_call_method(call));
  kube_log_quote(line, url.bytes, url.length);
  kube_buffer_clear(&buffer);
}

typedef bool next_header(const kube_transfer *t, kube_transfer_header_view *header);

static void add_headers(kube_log_line *line, const kube_call *call, next_header *next) {
  kube_transfer_header_view header = {.at = NULL};
  const char *comma = "";
  kube_log_printf(line, " headers=[");
  for (; next(call->transfer, &header); comma = ",") {
    const kube_slice value = kube_mask_header(header.name, header.value);
    kube_log_line text = {0};
    kube_log_printf(&text, "%.*s: %.*s", (int)header.name.length, header.name.bytes,
                    (int)value.length, value.bytes);
    kube_log_printf(line, "%s", comma);
    kube_log_quote(line, kube_buffer_slice(&text.text).bytes, kube_buffer_length(&text.text));
    line->lost = line->lost || text.lost;
    kube_buffer_clear(&text.text);
  }
  kube_log_printf(line, "]");
}

/* In single quotes for a shell: each of its own is '\''. */
static void add_shell(kube_log_line *line, kube_slice text) {
  size_t i, from = 0;
  for (i = 0; i < text.length; i++) {
    if (text.bytes[i] != '\'') continue;
    kube_log_bytes(line, text.bytes + from, i - from);
    kube_log_printf(line, "'\\''");
    from = i + 1;
  }
  kube_log_bytes(line, text.bytes + from, text.length - from);
}

static void add_command(kube_log_line *line, const kube_call *call) {
  kube_transfer_header_view header = {.at = NULL};
  kube_buffer url = {0};
  kube_log_printf(line, " curl -v -X%s", kube_call_method(call));
  while (kube_transfer_next_sent(call->transfer, &header)) {
    kube_log_printf(line, " -H '");
    add_shell(line, header.name);
    kube_log_printf(line, ": ");
    add_shell(line, kube_mask_header(header.name, header.value));
    kube_log_printf(line, "'");
  }
  kube_log_printf(line, " '");
  add_shell(line, url_of(call, &url));
  kube_log_printf(line, "'");
  kube_buffer_clear(&url);
}

static void add_times(kube_log_line *line, const kube_call *call) {
  kube_transfer_times times;
  kube_transfer_times_get(call->transfer, &times);
  if (times.reused)
    kube_log_printf(line, " getConnectionMilliseconds=%lld", times.connection);
  else
    kube_log_printf(
        line, " dnsLookupMilliseconds=%lld dialMilliseconds=%lld tlsHandshakeMilliseconds=%lld",
        times.name, times.dial, times.tls);
  kube_log_printf(line, " serverProcessingMilliseconds=%lld", times.server);
}

/* ---- lines ---- */

static kube_engine *engine_of(const kube_call *call) { return call->client->engine; }

static void tell(const kube_call *call, kube_log_line *line) {
  kube_log_tell(&engine_of(call)->log, line);
}

static void tell_request(const kube_call *call) {
  kube_log_line line = {0};
  kube_log_printf(&line, "Request");
  if (kube_log_is_on(COMMANDS)) {
    add_command(&line, call);
  } else {
    add_place(&line, call);
    add_headers(&line, call, kube_transfer_next_sent);
  }
  tell(call, &line);
}

static bool is_secret(const kube_call *call) {
  return kube_path_is_secret(call->request.path) ||
         (call->redirect.path && kube_path_is_secret(call->redirect.path));
}

/* body: all that is looked at, of n bytes; the beginning of it is shown. */
static void tell_body(const kube_call *call, const char *whose, kube_slice body, size_t n) {
  const size_t shown = kube_trace_body_shown(kube_log_level());
  kube_log_line line = {0};
  if (n == 0) return;
  kube_log_printf(&line, "%s Body", whose);
  add_place(&line, call);
  kube_log_printf(&line, " body=");
  if (is_secret(call) || kube_body_is_secret(body))
    kube_log_printf(&line, "(%zu bytes, a Secret: not shown)", n);
  else
    kube_trace_add_body(&line, (kube_slice){body.bytes, body.length < shown ? body.length : shown},
                        n);
  tell(call, &line);
}

static void tell_request_body(const kube_call *call) {
  const kube_slice body = kube_buffer_slice(&call->request.body);
  if (!call->redirect.as_get) tell_body(call, "Request", body, body.length);
}

static size_t copied(void) {
  const size_t shown = kube_trace_body_shown(kube_log_level());
  return shown > LOOKED_AT ? shown : LOOKED_AT;
}

static void add_milliseconds(kube_log_line *line, const kube_call *call) {
  kube_log_printf(line, " milliseconds=%lld",
                  (long long)(1000 * (kube_engine_seconds(engine_of(call)) - call->trace.sent)));
}

static void tell_answer(const kube_call *call) {
  kube_log_line line = {0};
  kube_log_printf(&line, "Response");
  add_place(&line, call);
  kube_log_printf(&line, " status=%d", kube_transfer_code(call->transfer));
  if (kube_log_is_on(BODIES)) add_headers(&line, call, kube_transfer_next_answered);
  add_milliseconds(&line, call);
  if (kube_log_is_on(COMMANDS)) add_times(&line, call);
  tell(call, &line);
}

/* It ended, or was given up, without one. */
static void tell_no_answer(const kube_call *call) {
  kube_error err = {0};
  kube_log_line line = {0};
  const kube_status status = kube_transfer_result(call->transfer, &err);
  const char *why = status == KUBE_AGAIN ? "given up" : status == KUBE_EOF ? "none" : err.message;
  kube_log_printf(&line, "Response");
  add_place(&line, call);
  kube_log_printf(&line, " error=");
  kube_log_quote(&line, why, strlen(why));
  add_milliseconds(&line, call);
  tell(call, &line);
}

static void tell_answer_body(const kube_call *call) {
  size_t n;
  const kube_slice body = kube_transfer_copied(call->transfer, &n);
  tell_body(call, "Response", body, n);
}

/* ---- where the call is ---- */

void kube_trace_begin(kube_call *call) { call->trace.began = kube_engine_seconds(engine_of(call)); }

void kube_trace_copy(kube_transfer *transfer) {
  if (kube_log_is_on(BODIES)) kube_transfer_copy(transfer, copied());
}

void kube_trace_sent(kube_call *call) {
  kube_trace *trace = &call->trace;
  trace->sent = kube_engine_seconds(engine_of(call));
  trace->told = false;
  if (!call->redirect.as_get)
    trace->bytes_sent += (long long)kube_buffer_length(&call->request.body);
  if (!kube_log_is_on(REQUESTS)) return;
  tell_request(call);
  if (!kube_log_is_on(BODIES)) return;
  tell_request_body(call);
  kube_trace_copy(call->transfer);
}

void kube_trace_answered(kube_call *call) {
  const char *header;
  size_t i;
  if (call->trace.told) return;
  call->trace.told = true;
  for (i = 0; (header = kube_transfer_answer_header_at(call->transfer, "Warning", i)); i++)
    kube_warnings_add(&call->trace.warnings, header);
  if (kube_log_is_on(ANSWERS)) tell_answer(call);
}

void kube_trace_throttled(const kube_call *call, long long ms) {
  enum { NOTABLE = 50 /* ms: client-go rest/request.go longThrottleLatency */ };
  kube_log_line line = {0};
  if (ms < NOTABLE || !kube_log_is_on(TURNS)) return;
  kube_log_printf(&line, "Waits because of client-side throttling, not priority and fairness");
  add_place(&line, call);
  kube_log_printf(&line, " milliseconds=%lld", ms);
  tell(call, &line);
}

void kube_trace_rests(const kube_call *call, long long ms, const kube_error *err) {
  kube_log_line line = {0};
  if (!kube_log_is_on(RESTS)) return;
  kube_log_printf(&line, "Rests before another try");
  add_place(&line, call);
  kube_log_printf(&line, " attempt=%d milliseconds=%lld reason=", call->retries + 1, ms);
  kube_log_quote(&line, err->reason, strlen(err->reason));
  tell(call, &line);
}

void kube_trace_over(kube_call *call) {
  if (!kube_log_is_on(ANSWERS) || !kube_engine_is_ours(engine_of(call))) return;
  if (!call->trace.told) tell_no_answer(call);
  if (kube_log_is_on(BODIES)) tell_answer_body(call);
}

void kube_trace_end(kube_call *call) {
  if (call->trace.ended == 0) call->trace.ended = kube_engine_seconds(engine_of(call));
}

void kube_trace_info(const kube_call *call, kube_call_info *info) {
  const kube_trace *trace = &call->trace;
  info->bytes_sent = trace->bytes_sent;
  info->ended = trace->ended > 0;
  info->seconds =
      (info->ended ? trace->ended : kube_engine_seconds(engine_of(call))) - trace->began;
  info->reason = call->state == KUBE_CALL_FAILED ? call->failure.reason : NULL;
}

void kube_trace_clear(kube_trace *trace) { kube_warnings_clear(&trace->warnings); }

bool kube_call_has_warning(const kube_call *call) { return call->trace.warnings.count > 0; }

bool kube_call_next_warning(kube_call *call, kube_warning *warning) {
  return kube_warnings_take(&call->trace.warnings, warning);
}
