// Monotone quadratic splines (arXiv:1808.03856).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/splines.h"

namespace castalia {

const TransformerKind& quadratic_spline_transformer() {
  static const TransformerKind kind{
      .name = "quadratic_spline",
      .summary = "monotone quadratic spline",
      .references = {"1808.03856"},
      .fields = spline_fields({"min_bin_width", "min_bin_height"}),
      .tails = {"linear", "none"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SplineOptions options = spline_settings(values, domain);
            return Transformer(quadratic_spline_operator(), quadratic_spline_inverse_operator(),
                               options.attributes(), quadratic_spline_parameters(options));
          },
      .examples = {"{}", R"({"bins": 5, "min_bin_height": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
