/* json_test.c once more, on the scanner as it is where there is no SSE2. */
#define KUBE_JSON_PLAIN
#include "../../csrc/core/json.c"
#include "../../csrc/core/json_check.c"
#include "../../csrc/core/json_find.c"
#include "../../csrc/core/json_skip.c"
#include "json_test.c"
