#include "cpp/ops/logistic_mixture/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_logistic_mixture(Graph& graph, std::span<const Value> inputs,
                                           const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  const int64_t members = options.components;
  const Value x = limited(inputs[0], kLargestArgument);
  const RawParameters raw(inputs[1], x.columns());
  const Value logits = limited(raw.some(0, members), kLargestRaw);
  const Value starts = starts_of_members(graph, x.dtype(), members, kMeanSpread);
  const Value means = limited(raw.some(members, members) + starts, kLargestArgument);
  const Value slopes = exp(negate(log_scale_of_raw(raw.some(2 * members, members))));
  const Value shift = limited(raw.one(3 * members), kLargestArgument);
  const Value log_scale = log_scale_of_raw(raw.one(3 * members + 1));
  const Value u = slopes * (as_members(x) - means);
  const MixtureLogit mixture = logit_of_mixture(x, logits, u, slopes, options);
  return {exp(log_scale) * mixture.value + shift, log_scale + log(mixture.derivative)};
}

}  // namespace

int64_t logistic_mixture_parameters(const SigmoidMixtureOptions& options) {
  return 3 * options.components + 2;
}

const Operator& logistic_mixture_operator() {
  static const Operator op{
      .name = "logistic_mixture",
      .infer =
          [](std::span<const TensorType> inputs, const Attributes& attributes) {
            const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
            return infer_monotone(inputs, logistic_mixture_parameters(options));
          },
      .define = define_logistic_mixture};
  return op;
}

}  // namespace castalia
