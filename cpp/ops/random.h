// What operators that draw random numbers share.
#ifndef CASTALIA_CPP_OPS_RANDOM_H_
#define CASTALIA_CPP_OPS_RANDOM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

Attributes random_attributes(int64_t rows, int64_t features, int64_t stage, DType dtype);

// (seed, first event) to (rows, features).
std::vector<TensorType> infer_random(std::span<const TensorType> inputs,
                                     const Attributes& attributes);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_H_
