/*
** A verb of the dynamic client is written as a row of steps; the first that fails ends it, and
** start tells.
*/
#ifndef KUBE_CLIENT_DYNAMIC_H
#define KUBE_CLIENT_DYNAMIC_H

#include "call.h"

typedef struct kube_steps {
  kube_request request;
  kube_status status;
  kube_error *err;
} kube_steps;

/* method is a literal; the texts may be NULL, as in kube_request_set_path. */
kube_steps kube_steps_begin(const char *method, const kube_resource *resource, const char *ns,
                            const char *name, const char *subresource, kube_error *err);

void kube_steps_fail(kube_steps *s, const char *message);
void kube_steps_need_name(kube_steps *s, const char *name);

/* A parameter: nothing without a value; nothing without a positive one. */
void kube_steps_set(kube_steps *s, const char *name, const char *value);
void kube_steps_set_integer(kube_steps *s, const char *name, int64_t value);

/* What chooses the objects of a list, or of a collection to delete. */
void kube_steps_list_options(kube_steps *s, const kube_list_options *o);

/* The representation that is asked for (kube.h); as NULL: the usual one. */
void kube_steps_form(kube_steps *s, const char *as, const char *include_object, bool is_list);

/* The body is copied. */
void kube_steps_body(kube_steps *s, kube_slice body);

/* Sends it, or gives NULL and the error of begin, after which s holds nothing any more. */
kube_call *kube_steps_start(kube_client *client, const kube_call_mode *mode, kube_steps *s,
                            int64_t timeout);

#endif
