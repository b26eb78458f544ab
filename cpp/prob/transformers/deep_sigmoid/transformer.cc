// Deep sigmoidal maps (arXiv:1804.00779).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/sigmoid_mixtures.h"

namespace castalia {

const TransformerKind& deep_sigmoid_transformer() {
  static const TransformerKind kind{
      .name = "deep_sigmoid",
      .summary = "logit of a weighted mean of sigmoids",
      .references = {"1804.00779"},
      .fields = sigmoid_mixture_fields(),
      .tails = {"linear"},
      .make =
          [](const FieldValues& values, const TransformerDomain&) {
            const SigmoidMixtureOptions options = sigmoid_mixture_settings(values);
            return Transformer(deep_sigmoid_operator(), deep_sigmoid_inverse_operator(),
                               options.attributes(), deep_sigmoid_parameters(options), true);
          },
      .examples = {"{}", R"({"sigmoids": 3, "min_derivative": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
