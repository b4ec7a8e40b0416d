/* json_test.c once more, on the scanner as it is where there is no AVX2. */
#define KUBE_JSON_NO_AVX2
#include "../../csrc/core/json.c"
#include "../../csrc/core/json_check.c"
#include "../../csrc/core/json_find.c"
#include "../../csrc/core/json_skip.c"
#include "json_test.c"
