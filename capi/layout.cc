// The layout of the one public struct is frozen: programs compiled years ago pass it by address.
#include <cstddef>

#include "capi/castalia.h"

static_assert(sizeof(castalia_array) == 192);
static_assert(offsetof(castalia_array, data) == 0);
static_assert(offsetof(castalia_array, dtype) == 8);
static_assert(offsetof(castalia_array, rank) == 12);
static_assert(offsetof(castalia_array, shape) == 16);
static_assert(offsetof(castalia_array, strides) == 80);
static_assert(offsetof(castalia_array, device_kind) == 144);
static_assert(offsetof(castalia_array, device_number) == 148);
static_assert(offsetof(castalia_array, stream) == 152);
static_assert(offsetof(castalia_array, reserved) == 160);
