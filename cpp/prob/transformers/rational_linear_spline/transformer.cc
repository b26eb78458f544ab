// Monotone rational-linear splines (arXiv:2001.05486).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/splines.h"

namespace castalia {

const TransformerKind& rational_linear_spline_transformer() {
  static const TransformerKind kind{
      .name = "rational_linear_spline",
      .summary = "monotone rational-linear spline",
      .references = {"2001.05486", "2002.02428"},
      .fields = spline_fields({"min_bin_width", "min_bin_height", "min_derivative"}),
      .tails = {"linear", "none", "circular"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SplineOptions options = spline_settings(values, domain);
            return Transformer(rational_linear_spline_operator(),
                               rational_linear_spline_inverse_operator(), options.attributes(),
                               rational_linear_spline_parameters(options));
          },
      .examples = {"{}", R"({"bins": 5, "min_derivative": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
