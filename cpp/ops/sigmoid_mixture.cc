#include "cpp/ops/sigmoid_mixture.h"

#include "cpp/base/status.h"
#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

Attributes SigmoidMixtureOptions::attributes() const {
  return {{"components", components}, {"min_derivative", min_derivative}};
}

SigmoidMixtureOptions sigmoid_mixture_options(const Attributes& attributes) {
  const SigmoidMixtureOptions options{.components = attributes.integer("components"),
                                      .min_derivative = attributes.real("min_derivative")};
  expect_at_least("components", options.components, 1);
  if (!(options.min_derivative > 0 && options.min_derivative < 1)) {
    fail(Code::out_of_range, "min_derivative is ", options.min_derivative,
         "; allowed: above 0, below 1");
  }
  return options;
}

MixtureLogit logit_of_mixture(Value x, Value logits, Value u, Value slopes,
                              const SigmoidMixtureOptions& options) {
  const Value below = logits + logsigmoid(u);
  const Value above = logits + logsigmoid(negate(u));
  const Value logit = without_members(logsumexp(below) - logsumexp(above));
  // The mixture's density over both its tails, each a mean with positive weights: nothing cancels.
  const Value slope = without_members(sum(softmax(below) * (slopes * sigmoid(negate(u))), {2}) +
                                      sum(softmax(above) * (slopes * sigmoid(u)), {2}));
  const double rest = options.min_derivative;
  return {(1 - rest) * logit + rest * x, (1 - rest) * slope + rest};
}

}  // namespace castalia
