#include "cpp/ops/reference.h"

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> variance_reference(const Attributes& attributes,
                                       std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const Shape kept = reduced_shape(x.shape, axes, true);
  const auto strides = broadcast_strides(kept, x.shape);
  Tensor means(kept);
  Tensor out(reduced_shape(x.shape, axes, attributes.integer("keep") != 0));
  const double elements = out.shape.count() == 0 ? 0.0
                                                 : static_cast<double>(x.shape.count()) /
                                                       static_cast<double>(out.shape.count());
  int64_t i = 0;
  for_each_offset(x.shape, strides, [&](int64_t offset) { means[offset] += x[i++] / elements; });
  const double divisor = elements - static_cast<double>(attributes.integer("correction"));
  i = 0;
  for_each_offset(x.shape, strides, [&](int64_t offset) {
    const double distance = x[i++] - means[offset];
    out[offset] += distance * distance / divisor;
  });
  return {out};
}

}  // namespace castalia
