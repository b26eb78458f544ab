#include "cpp/ops/deep_sigmoid/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_deep_sigmoid(Graph& graph, std::span<const Value> inputs,
                                       const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  const int64_t members = options.components;
  const Value x = limited(inputs[0], kLargestArgument);
  const RawParameters raw(inputs[1], x.columns());
  const Value logits = limited(raw.some(0, members), kLargestRaw);
  const Value starts = starts_of_members(graph, x.dtype(), members, -kMeanSpread);
  const Value offsets = limited(raw.some(members, members) + starts, kLargestArgument);
  const Value slopes = positive_numbers(raw.some(2 * members, members), options.min_derivative);
  const Value u = slopes * as_members(x) + offsets;
  const MixtureLogit mixture = logit_of_mixture(x, logits, u, slopes, options);
  return {mixture.value, log(mixture.derivative)};
}

}  // namespace

int64_t deep_sigmoid_parameters(const SigmoidMixtureOptions& options) {
  return 3 * options.components;
}

const Operator& deep_sigmoid_operator() {
  static const Operator op{
      .name = "deep_sigmoid",
      .infer =
          [](std::span<const TensorType> inputs, const Attributes& attributes) {
            const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
            return infer_monotone(inputs, deep_sigmoid_parameters(options));
          },
      .define = define_deep_sigmoid};
  return op;
}

}  // namespace castalia
