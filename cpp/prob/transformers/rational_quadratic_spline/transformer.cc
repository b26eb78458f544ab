// Monotone rational-quadratic splines (arXiv:1906.04032).
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/splines.h"

namespace castalia {

const TransformerKind& rational_quadratic_spline_transformer() {
  static const TransformerKind kind{
      .name = "rational_quadratic_spline",
      .summary = "monotone rational-quadratic spline",
      .references = {"1906.04032", "2002.02428"},
      .fields = spline_fields({"min_bin_width", "min_bin_height", "min_derivative"}),
      .tails = {"linear", "none", "circular"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SplineOptions options = spline_settings(values, domain);
            return Transformer(rq_spline_operator(), rq_spline_inverse_operator(),
                               options.attributes(), rq_spline_parameters(options));
          },
      .examples = {"{}", R"({"bins": 5, "min_derivative": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
