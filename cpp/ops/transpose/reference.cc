#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> transpose_reference(const Attributes& attributes,
                                        std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const auto dense = x.shape.strides();
  Shape shape;
  std::array<int64_t, Shape::kMaxRank> strides{};
  for (const int64_t axis : attributes.integers("permutation")) {
    strides[shape.rank()] = dense[static_cast<size_t>(axis)];
    shape.push_back(x.shape[static_cast<int>(axis)]);
  }
  Tensor out{shape, {}};
  for_each_offset(shape, strides, [&](int64_t offset) { out.data.push_back(x[offset]); });
  return {out};
}

}  // namespace castalia
