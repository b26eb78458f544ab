// What kernels on a device whose operands are indices share.
#ifndef CASTALIA_CPP_OPS_INDICES_CUDA_H_
#define CASTALIA_CPP_OPS_INDICES_CUDA_H_

#include <cstdint>

#include "cpp/base/dtype.h"

namespace castalia::cuda {

// f.template operator()<I>() with the type of indices.
template <typename F>
auto with_index_type(DType dtype, F f) {
  return dtype == DType::int32 ? f.template operator()<int32_t>()
                               : f.template operator()<int64_t>();
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_INDICES_CUDA_H_
