#include "cpp/base/broadcast.h"

#include "cpp/base/status.h"

namespace castalia {

std::array<int64_t, Shape::kMaxRank> broadcast_strides(const Shape& from, const Shape& to) {
  check(from.rank() <= to.rank(), "shape ", from, " does not broadcast to ", to);
  std::array<int64_t, Shape::kMaxRank> strides{};
  const auto dense = from.strides();
  const int added = to.rank() - from.rank();
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (from[axis] == 1) continue;
    check(from[axis] == to[axis + added], "shape ", from, " does not broadcast to ", to);
    strides[axis + added] = dense[axis];
  }
  return strides;
}

}  // namespace castalia
