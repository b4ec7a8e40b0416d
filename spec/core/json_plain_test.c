/* json_test.c once more, on the scanner as it is where there is no SSE2. */
#define KUBE_JSON_PLAIN
#include "../../csrc/core/json.c"
#include "json_test.c"
