#include "cpp/ops/upsample_nearest/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/average_pool_transpose/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_upsample_nearest(std::span<const TensorType> inputs,
                                               const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const int spatial_axes = expect_images(inputs[0]);
  const std::vector<int64_t>& factors = attributes.integers("factors");
  if (static_cast<int>(factors.size()) != spatial_axes) {
    fail(Code::shape_mismatch, factors.size(), " factors for ", inputs[0]);
  }
  TensorType out = inputs[0];
  for (int i = 0; i < spatial_axes; ++i) {
    const int64_t factor = factors[static_cast<size_t>(i)];
    if (out.shape[i + 1] == 0)
      fail(Code::shape_mismatch, "no elements along an axis of ", inputs[0]);
    if (factor < 1 || __builtin_mul_overflow(out.shape[i + 1], factor, &out.shape[i + 1])) {
      fail(Code::out_of_range, "a factor of ", factor, " for ", inputs[0]);
    }
  }
  out.shape.count();
  return {out};
}

// What sums over the repetitions has this as its transpose.
std::vector<Value> define_upsample_nearest(Graph& graph, std::span<const Value> inputs,
                                           const Attributes& attributes) {
  const std::vector<int64_t>& factors = attributes.integers("factors");
  Attributes spread = pooling_attributes(factors, {}, static_cast<int>(factors.size()));
  std::vector<int64_t> extents = spatial_extents(inputs[0].shape());
  for (size_t i = 0; i < extents.size(); ++i) extents[i] *= factors[i];
  spread.set("extents", extents);
  spread.set("divisor", static_cast<int64_t>(PoolDivisor::one));
  return graph.apply(average_pool_transpose_operator(), {inputs[0]}, spread);
}

}  // namespace

const Operator& upsample_nearest_operator() {
  static const Operator op{.name = "upsample_nearest",
                           .infer = infer_upsample_nearest,
                           .define = define_upsample_nearest};
  return op;
}

Value upsample_nearest(Value images, const std::vector<int64_t>& factors) {
  std::vector<int64_t> all = factors;
  const int spatial_axes = images.shape().rank() - 2;
  if (all.size() == 1 && spatial_axes > 1) all.assign(static_cast<size_t>(spatial_axes), all[0]);
  return images.graph().apply(upsample_nearest_operator(), {images}, {{"factors", all}})[0];
}

}  // namespace castalia
