#include "cpp/ops/monotone_cubic_root/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_monotone_cubic_root(std::span<const TensorType> inputs,
                                                  const Attributes&) {
  expect_operands(inputs, 3);
  expect_floating(inputs[0]);
  for (const TensorType& input : inputs.subspan(1)) {
    if (!(input == inputs[0])) {
      fail(Code::shape_mismatch, "takes three tensors of one type and shape, not ", inputs[0],
           " and ", input);
    }
  }
  return {inputs[0]};
}

std::vector<Value> differentiate_monotone_cubic_root(const GradientRequest& r) {
  const Value start = r.inputs[1];
  const Value end = r.inputs[2];
  const Value t = r.outputs[0];
  const Value rest = 1.0 - t;
  const Value both = t * rest;
  const Value derivative =
      start * square(rest) + 2.0 * (3.0 - start - end) * both + end * square(t);
  // Only rounding can bring it near 0.
  const Value smallest = r.graph.scalar(1e-12, t.dtype());
  const Value by_share = r.gradients[0] / maximum(derivative, smallest);
  return {by_share, negate(by_share * both * rest), by_share * both * t};
}

}  // namespace

const Operator& monotone_cubic_root_operator() {
  static const Operator op{.name = "monotone_cubic_root",
                           .infer = infer_monotone_cubic_root,
                           .gradient = differentiate_monotone_cubic_root};
  return op;
}

Value monotone_cubic_root(Value share, Value start, Value end) {
  return share.graph().apply(monotone_cubic_root_operator(), {share, start, end})[0];
}

}  // namespace castalia
