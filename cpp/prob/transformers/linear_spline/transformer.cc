// Monotone linear splines (arXiv:1808.03856).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/splines.h"

namespace castalia {

const TransformerKind& linear_spline_transformer() {
  static const TransformerKind kind{
      .name = "linear_spline",
      .summary = "monotone linear spline",
      .references = {"1808.03856"},
      .fields = spline_fields({"min_bin_height"}),
      .tails = {"linear", "none"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SplineOptions options = spline_settings(values, domain);
            return Transformer(linear_spline_operator(), linear_spline_inverse_operator(),
                               options.attributes(), linear_spline_parameters(options));
          },
      .examples = {"{}", R"({"bins": 5, "min_bin_height": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
