#include "cpp/ops/partial_centred_sums/op.h"

#include "cpp/ops/centred_sums/op.h"
#include "cpp/ops/partial_moments/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_partial_centred_sums(std::span<const TensorType> inputs,
                                                   const Attributes& attributes) {
  centred_sums_operator().infer(inputs, attributes);
  const Shape& x = inputs[1].shape;
  const int64_t rows = moment_tile_rows(x[1]);
  const TensorType out{DType::float64, {(x[0] + rows - 1) / rows, x[1]}};
  return {out, out};
}

}  // namespace

const Operator& partial_centred_sums_operator() {
  static const Operator op{.name = "partial_centred_sums",
                           .infer = infer_partial_centred_sums,
                           .no_gradient = "centred_sums, whose first stage it is, has its own"};
  return op;
}

PartialCentredSums partial_centred_sums(Value g, Value x, Value mean) {
  const std::vector<Value> out = x.graph().apply(partial_centred_sums_operator(), {g, x, mean});
  return {out[0], out[1]};
}

}  // namespace castalia
