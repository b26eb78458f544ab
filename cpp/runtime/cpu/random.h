// Rows of random numbers, many draws at a time: the same bits as cpp/base/philox.h gives for the
// same addresses, on every instruction set.
#ifndef CASTALIA_CPP_RUNTIME_CPU_RANDOM_H_
#define CASTALIA_CPP_RUNTIME_CPU_RANDOM_H_

#include <cstdint>

#include "cpp/base/philox.h"

namespace castalia::cpu {

// out[i, j] is the draw of feature j in the stream whose event is `first.event + i`; out is
// row-major and T float or double. Nothing is allocated; any thread may call.
template <typename T>
void fill_uniform_rows(const Stream& first, int64_t rows, int64_t features, T* out);
template <typename T>
void fill_normal_rows(const Stream& first, int64_t rows, int64_t features, T* out);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_RANDOM_H_
