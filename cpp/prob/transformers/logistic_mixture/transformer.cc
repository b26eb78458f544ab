// Mixtures of logistic distributions (arXiv:1902.00275).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/sigmoid_mixtures.h"

namespace castalia {

const TransformerKind& logistic_mixture_transformer() {
  static const TransformerKind kind{
      .name = "logistic_mixture",
      .summary = "logit of a mixture of logistic distributions, then an affine map",
      .references = {"1902.00275"},
      .fields = sigmoid_mixture_fields(),
      .tails = {"linear"},
      .make =
          [](const FieldValues& values, const TransformerDomain&) {
            const SigmoidMixtureOptions options = sigmoid_mixture_settings(values);
            return Transformer(logistic_mixture_operator(), logistic_mixture_inverse_operator(),
                               options.attributes(), logistic_mixture_parameters(options), true);
          },
      .examples = {"{}", R"({"sigmoids": 3, "min_derivative": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
