// What operators whose operands are indices share. Indices are int32 or int64; one that is out of
// range is no error (it is known only when a Program runs): each operator says what it gives then,
// and none reads or writes out of bounds.
#ifndef CASTALIA_CPP_OPS_INDICES_H_
#define CASTALIA_CPP_OPS_INDICES_H_

#include <cstdint>

#include "cpp/base/status.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

inline void expect_indices(const TensorType& type) {
  if (type.dtype != DType::int32 && type.dtype != DType::int64) {
    fail(Code::dtype_mismatch, "takes indices as int32 or int64, not ", type);
  }
}

// Calls visit with the indices as a pointer to their type.
template <typename Visit>
void with_indices(DType dtype, const void* indices, Visit visit) {
  if (dtype == DType::int32) {
    visit(static_cast<const int32_t*>(indices));
  } else {
    visit(static_cast<const int64_t*>(indices));
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INDICES_H_
