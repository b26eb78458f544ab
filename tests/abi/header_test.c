/* The header compiles without a warning as pedantic C11 and C++, and the numbers in it that
 * programs were compiled with stay what they are. */
#include <stddef.h>
#include <stdio.h>

#include "capi/castalia.h"

#ifdef __cplusplus
#define FROZEN(fact) static_assert(fact, #fact)
#else
#define FROZEN(fact) _Static_assert(fact, #fact)
#endif

FROZEN(CASTALIA_ABI_VERSION == 1);
FROZEN(CASTALIA_MAX_RANK == 8);

FROZEN(sizeof(castalia_array) == 192);
FROZEN(offsetof(castalia_array, data) == 0);
FROZEN(offsetof(castalia_array, dtype) == 8);
FROZEN(offsetof(castalia_array, rank) == 12);
FROZEN(offsetof(castalia_array, shape) == 16);
FROZEN(offsetof(castalia_array, strides) == 80);
FROZEN(offsetof(castalia_array, device_kind) == 144);
FROZEN(offsetof(castalia_array, device_number) == 148);
FROZEN(offsetof(castalia_array, stream) == 152);
FROZEN(offsetof(castalia_array, reserved) == 160);

FROZEN(sizeof(castalia_status) == 4 && sizeof(castalia_dtype) == 4);
FROZEN(CASTALIA_FLOAT32 == 1 && CASTALIA_FLOAT64 == 2 && CASTALIA_INT32 == 3 &&
       CASTALIA_INT64 == 4);
FROZEN(CASTALIA_CPU == 1 && CASTALIA_CUDA == 2);

/* The name of each status, at the place of its number. */
static const char* const names[] = {"OK",
                                    "INVALID_ARGUMENT",
                                    "INVALID_HANDLE",
                                    "NOT_FOUND",
                                    "OUT_OF_RANGE",
                                    "SHAPE_MISMATCH",
                                    "DTYPE_MISMATCH",
                                    "NOT_FINITE",
                                    "EMPTY_DATA",
                                    "IO_ERROR",
                                    "CORRUPT_FILE",
                                    "NEWER_VERSION",
                                    "OUT_OF_MEMORY",
                                    "BUSY",
                                    "CANCELLED",
                                    "CALLBACK_FAILED",
                                    "UNSUPPORTED",
                                    "DEVICE_UNAVAILABLE",
                                    "NUMERICAL",
                                    "INTERNAL"};
FROZEN(sizeof names / sizeof *names == CASTALIA_INTERNAL + 1);

static int differ(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a != *b;
}

int main(void) {
  int wrong = castalia_abi_version() != CASTALIA_ABI_VERSION;
  for (int status = CASTALIA_OK; status <= CASTALIA_INTERNAL; ++status) {
    const char* name = castalia_status_name((castalia_status)status);
    if (differ(name, names[status])) {
      fprintf(stderr, "status %d is %s, not %s\n", status, name, names[status]);
      ++wrong;
    }
  }
  if (differ(castalia_status_name((castalia_status)(CASTALIA_INTERNAL + 1)), "UNKNOWN")) ++wrong;
  if (differ(castalia_last_error(), "")) ++wrong;
  return wrong;
}
