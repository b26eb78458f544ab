#include "cpp/prob/transformers/sigmoid_mixtures.h"

namespace castalia {

std::vector<Field> sigmoid_mixture_fields() {
  return {{.name = "sigmoids",
           .type = FieldType::integer,
           .default_value = "8",
           .meaning = "sigmoids in each mixture",
           .least = 1,
           .greatest = 128},
          min_derivative_field()};
}

SigmoidMixtureOptions sigmoid_mixture_settings(const FieldValues& values) {
  return {.components = values.integer("sigmoids"),
          .min_derivative = values.real("min_derivative")};
}

}  // namespace castalia
