/* Preloaded behind libasan: the programs that Lua starts run without it (dash and env leak at will). */
#include <stdlib.h>

__attribute__((constructor)) static void alone(void) { unsetenv("LD_PRELOAD"); }
