/*
** Keys and certificates for Lua, and the files they are kept in. lua/kube/certificates has checked
** the arguments.
*/
#include <openssl/rand.h>

#include "../core/files.h"
#include "../core/text.h"
#include "../core/x509.h"
#include "module.h"

#define PEM          "kube.pem"
#define CERTIFICATES "kube.certificates"

static int pem_close(lua_State *L) {
  void **box = kube_box_at(L, 1, PEM);
  char *pem = *box;
  *box = NULL;
  kube_pem_free(pem);
  return 0;
}

static int certificates_close(lua_State *L) {
  void **box = kube_box_at(L, 1, CERTIFICATES);
  kube_certificates *certificates = *box;
  *box = NULL;
  kube_certificates_free(certificates);
  return 0;
}

/* ---- arguments ---- */

static kube_slice check_slice(lua_State *L, int index) {
  kube_slice text;
  text.bytes = luaL_checklstring(L, index, &text.length);
  return text;
}

static kube_slice optional_slice(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? (kube_slice){0} : check_slice(L, index);
}

static kube_subject check_subject(lua_State *L, int table) {
  kube_subject subject = {0};
  luaL_checktype(L, table, LUA_TTABLE);
  luaL_checkstack(L, 8, "a subject");
  lua_getfield(L, table, "common_name");
  subject.common_name = luaL_optstring(L, -1, NULL);
  subject.organizations = kube_read_texts(L, table, "organizations");
  subject.dns_names = kube_read_texts(L, table, "dns_names");
  subject.ip_addresses = kube_read_texts(L, table, "ip_addresses");
  return subject;
}

static int64_t integer_field(lua_State *L, int table, const char *field) {
  int64_t value;
  lua_getfield(L, table, field);
  value = (int64_t)luaL_optnumber(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

/* ---- keys and what they sign ---- */

/* What was made into a box, which the collector closes. */
static int push_pem(lua_State *L, const char *pem, const kube_error *err) {
  if (pem == NULL) return kube_push_error(L, err);
  lua_pushstring(L, pem);
  return 1;
}

/* new_key(type, bits) -> PEM | nil, err */
static int new_key(lua_State *L) {
  static const char *const types[] = {"ecdsa", "rsa", NULL};
  static const kube_key_type kinds[] = {KUBE_KEY_ECDSA, KUBE_KEY_RSA};
  kube_error err = {0};
  const int type = luaL_checkoption(L, 1, "ecdsa", types);
  const lua_Number bits = luaL_optnumber(L, 2, 0);
  void **box = kube_box_new(L, PEM);
  *box = kube_key_new(kinds[type], bits >= 0 && bits < 1e6 ? (int)bits : -1, &err);
  return push_pem(L, *box, &err);
}

/* new_request(key, subject) -> PEM | nil, err */
static int new_request(lua_State *L) {
  kube_error err = {0};
  const kube_slice key = check_slice(L, 1);
  const kube_subject subject = check_subject(L, 2);
  void **box = kube_box_new(L, PEM);
  *box = kube_csr_new(key, &subject, &err);
  return push_pem(L, *box, &err);
}

/* new_certificate(key, { subject's fields, is_ca =, not_before =, not_after = }, issuer, its key) */
static int new_certificate(lua_State *L) {
  kube_error err = {0};
  kube_certificate_options options = {0};
  const kube_slice key = check_slice(L, 1);
  kube_subject subject;
  void **box;
  luaL_checktype(L, 2, LUA_TTABLE);
  options.issuer = optional_slice(L, 3);
  options.issuer_key = optional_slice(L, 4);
  options.not_before = integer_field(L, 2, "not_before");
  options.not_after = integer_field(L, 2, "not_after");
  lua_getfield(L, 2, "is_ca");
  options.is_ca = lua_toboolean(L, -1);
  subject = check_subject(L, 2);
  box = kube_box_new(L, PEM);
  *box = kube_certificate_new(key, &subject, &options, &err);
  return push_pem(L, *box, &err);
}

/* check_request(request, wanted, key) -> true | nil, err */
static int check_request(lua_State *L) {
  kube_error err = {0};
  const kube_slice csr = check_slice(L, 1), wanted = check_slice(L, 2), key = check_slice(L, 3);
  if (kube_csr_check(csr, wanted, key, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* check_key(certificate, key) -> true | nil, err */
static int check_key(lua_State *L) {
  kube_error err = {0};
  const kube_slice certificate = check_slice(L, 1), key = check_slice(L, 2);
  if (kube_certificate_check_key(certificate, key, &err) != KUBE_OK)
    return kube_push_error(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- what certificates say ---- */

static void set_time(lua_State *L, const char *field, int64_t seconds) {
#if defined(KUBE_LUA_INTEGERS)
  lua_pushinteger(L, (lua_Integer)seconds);
#else
  lua_pushnumber(L, (lua_Number)seconds);
#endif
  lua_setfield(L, -2, field);
}

static void push_certificate(lua_State *L, const kube_certificate *c) {
  lua_createtable(L, 0, 13);
  kube_set_text(L, "subject", c->subject);
  kube_set_text(L, "issuer", c->issuer);
  kube_set_text(L, "common_name", c->common_name);
  kube_set_text(L, "serial", c->serial);
  kube_set_text(L, "fingerprint", c->fingerprint);
  kube_set_text(L, "pem", c->pem);
  set_time(L, "not_before", c->not_before);
  set_time(L, "not_after", c->not_after);
  kube_set_texts(L, "organizations", c->organizations);
  kube_set_texts(L, "dns_names", c->dns_names);
  kube_set_texts(L, "ip_addresses", c->ip_addresses);
  kube_set_texts(L, "usages", c->usages);
  lua_pushboolean(L, c->is_ca);
  lua_setfield(L, -2, "is_ca");
}

/* parse(PEM) -> { certificate, ... } | nil, err */
static int parse(lua_State *L) {
  kube_error err = {0};
  const kube_certificate *certificate;
  size_t i;
  const kube_slice pem = check_slice(L, 1);
  void **box = kube_box_new(L, CERTIFICATES);
  kube_certificates *all = *box = kube_certificates_parse(pem, &err);
  if (all == NULL) return kube_push_error(L, &err);
  lua_newtable(L);
  for (i = 0; (certificate = kube_certificates_at(all, i)); i++) {
    push_certificate(L, certificate);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}

/* ---- base64: a request travels in it ---- */

typedef kube_status (*coder)(kube_buffer *out, const char *text, size_t n, kube_error *err);

static int recode(lua_State *L, coder code) {
  kube_error err = {0};
  const kube_slice text = check_slice(L, 1);
  kube_buffer *out = kube_push_buffer(L);
  if (code(out, text.bytes, text.length, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushlstring(L, kube_buffer_length(out) ? kube_buffer_bytes(out) : "",
                  kube_buffer_length(out));
  return 1;
}

static kube_status encode_text(kube_buffer *out, const char *text, size_t n, kube_error *err) {
  return kube_text_base64_encode(out, text, n, err);
}

static int encode(lua_State *L) { return recode(L, encode_text); }
static int decode(lua_State *L) { return recode(L, kube_text_base64_decode); }

/* normal_address(text) -> the same IP address as parse writes it | nil */
static int normal_address(lua_State *L) {
  char out[64];
  if (!kube_x509_normal_address(luaL_checkstring(L, 1), out, sizeof out)) return 0;
  lua_pushstring(L, out);
  return 1;
}

/* random() -> from 0 up to 1: math.random gives every host the same where it is not seeded */
static int random_number(lua_State *L) {
  uint32_t bits = 0;
  if (RAND_bytes((unsigned char *)&bits, sizeof bits) != 1) bits = 0;
  lua_pushnumber(L, (lua_Number)bits / 4294967296.0);
  return 1;
}

/* ---- files: each gives true | nil, err if it says no other ---- */

static int done(lua_State *L, kube_status status, const kube_error *err) {
  if (status != KUBE_OK) return kube_push_error(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* look(path, follow) -> "none" | "regular" | "link" | "directory" | "other" | nil, err */
static int look(lua_State *L) {
  static const char *const kinds[] = {"none", "regular", "link", "directory", "other"};
  kube_error err = {0};
  kube_file_kind kind;
  if (kube_file_look(luaL_checkstring(L, 1), lua_toboolean(L, 2), &kind, &err) != KUBE_OK)
    return kube_push_error(L, &err);
  lua_pushstring(L, kinds[kind]);
  return 1;
}

/* create(path, bytes) -> true | false: something is there already | nil, err */
static int create(lua_State *L) {
  kube_error err = {0};
  bool exists = false;
  const char *path = luaL_checkstring(L, 1);
  const kube_slice bytes = check_slice(L, 2);
  const kube_status status = kube_file_create(path, bytes, &exists, &err);
  if (!exists) return done(L, status, &err);
  lua_pushboolean(L, 0);
  return 1;
}

/* read(path) -> bytes | nil, err */
static int read_file(lua_State *L) {
  kube_error err = {0};
  const char *path = luaL_checkstring(L, 1);
  kube_buffer *out = kube_push_buffer(L);
  if (kube_file_read(path, 1 << 20, out, &err) != KUBE_OK) return kube_push_error(L, &err);
  lua_pushlstring(L, kube_buffer_length(out) ? kube_buffer_bytes(out) : "",
                  kube_buffer_length(out));
  return 1;
}

static int make_directories(lua_State *L) {
  kube_error err = {0};
  return done(L, kube_file_make_directories(luaL_checkstring(L, 1), &err), &err);
}

/* link(target, path) */
static int make_link(lua_State *L) {
  kube_error err = {0};
  const char *target = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
  return done(L, kube_file_link(target, path, &err), &err);
}

/* rename(from, to) */
static int rename_file(lua_State *L) {
  kube_error err = {0};
  const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
  return done(L, kube_file_rename(from, to, &err), &err);
}

void kube_lua_open_certificates(lua_State *L) {
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  static const luaL_Reg functions[] = {{"new_key", new_key},
                                       {"new_request", new_request},
                                       {"new_certificate", new_certificate},
                                       {"check_request", check_request},
                                       {"check_key", check_key},
                                       {"parse", parse},
                                       {"encode", encode},
                                       {"decode", decode},
                                       {"normal_address", normal_address},
                                       {"random", random_number},
                                       {"look", look},
                                       {"create", create},
                                       {"read", read_file},
                                       {"make_directories", make_directories},
                                       {"link", make_link},
                                       {"rename", rename_file},
                                       {NULL, NULL}};
  kube_box_type(L, PEM, no_methods, pem_close);
  kube_box_type(L, CERTIFICATES, no_methods, certificates_close);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "certificates");
}
