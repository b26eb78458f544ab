// Integrals of sums of squared polynomials (arXiv:1905.02325).
#include "cpp/prob/transformer.h"
#include "cpp/ops/ops.h"

namespace castalia {

const TransformerKind& sum_of_squares_transformer() {
  static const TransformerKind kind{
      .name = "sum_of_squares",
      .summary = "integral of a sum of squared polynomials",
      .references = {"1905.02325"},
      .fields = {{.name = "polynomials",
                  .type = FieldType::integer,
                  .default_value = "3",
                  .meaning = "squared polynomials in each sum",
                  .least = 1,
                  .greatest = 16},
                 {.name = "degree",
                  .type = FieldType::integer,
                  .default_value = "4",
                  .meaning = "degree of the polynomials before they are squared",
                  .least = 1,
                  .greatest = 16},
                 min_derivative_field()},
      .tails = {"linear"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const SumOfSquaresOptions options{.polynomials = values.integer("polynomials"),
                                              .degree = values.integer("degree"),
                                              .min_derivative = values.real("min_derivative"),
                                              .lower = domain.lower,
                                              .upper = domain.upper};
            return Transformer(sum_of_squares_operator(), sum_of_squares_inverse_operator(),
                               options.attributes(), sum_of_squares_parameters(options), true);
          },
      .examples = {"{}", R"({"polynomials": 2, "degree": 2, "min_derivative": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
