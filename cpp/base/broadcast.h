// Broadcasting by NumPy's rule.
#ifndef CASTALIA_CPP_BASE_BROADCAST_H_
#define CASTALIA_CPP_BASE_BROADCAST_H_

#include <array>
#include <cstdint>

#include "cpp/base/shape.h"

namespace castalia {

// The strides with which a dense tensor of shape `from` is read in the order of a shape that it
// broadcasts to: 0 along an axis that it is broadcast over. An Error (internal) when it does not.
std::array<int64_t, Shape::kMaxRank> broadcast_strides(const Shape& from, const Shape& to);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_BROADCAST_H_
