#include "cpp/ops/upsample_linear/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/interpolate/op.h"
#include "cpp/ops/window.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_upsample_linear(std::span<const TensorType> inputs,
                                              const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const int spatial_axes = expect_images(inputs[0]);
  const std::vector<int64_t>& extents = attributes.integers("extents");
  if (static_cast<int>(extents.size()) != spatial_axes) {
    fail(Code::shape_mismatch, extents.size(), " spatial extents for ", inputs[0]);
  }
  TensorType out = inputs[0];
  for (int i = 0; i < spatial_axes; ++i) {
    const int64_t extent = extents[static_cast<size_t>(i)];
    if (extent < 1 || out.shape[i + 1] < 1) {
      fail(Code::out_of_range, extent, " points along axis ", i + 1, " of ", inputs[0]);
    }
    out.shape[i + 1] = extent;
  }
  out.shape.count();
  return {out};
}

std::vector<Value> define_upsample_linear(Graph&, std::span<const Value> inputs,
                                          const Attributes& attributes) {
  Value x = inputs[0];
  int64_t axis = 0;
  for (const int64_t extent : attributes.integers("extents")) {
    ++axis;
    if (x.shape()[static_cast<int>(axis)] != extent) x = interpolate(x, axis, extent);
  }
  return {x};
}

}  // namespace

const Operator& upsample_linear_operator() {
  static const Operator op{
      .name = "upsample_linear", .infer = infer_upsample_linear, .define = define_upsample_linear};
  return op;
}

Value upsample_linear(Value images, const std::vector<int64_t>& extents) {
  return images.graph().apply(upsample_linear_operator(), {images}, {{"extents", extents}})[0];
}

}  // namespace castalia
