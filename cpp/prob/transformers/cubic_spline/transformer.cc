// Monotone cubic splines (arXiv:1906.02145).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/splines.h"

namespace castalia {

const TransformerKind& cubic_spline_transformer() {
  static const TransformerKind kind{
      .name = "cubic_spline",
      .summary = "monotone cubic spline",
      .references = {"1906.02145"},
      .fields = spline_fields({"min_bin_width", "min_bin_height"}),
      .tails = {"linear", "none"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SplineOptions options = spline_settings(values, domain);
            return Transformer(cubic_spline_operator(), cubic_spline_inverse_operator(),
                               options.attributes(), cubic_spline_parameters(options));
          },
      .examples = {"{}", R"({"bins": 5, "min_bin_height": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
