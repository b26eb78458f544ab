// Affine maps (arXiv:1605.08803, arXiv:1705.07057).
#include "cpp/prob/transformer.h"
#include "cpp/ops/ops.h"

namespace castalia {

const TransformerKind& affine_transformer() {
  static const TransformerKind kind{
      .name = "affine",
      .summary = "shift and scale",
      .references = {"1605.08803", "1705.07057"},
      .fields =
          {{.name = "affine_scale",
            .type = FieldType::text,
            .default_value = R"("bounded_exponential")",
            .meaning =
                "how a scale comes from its raw number r: 'bounded_exponential' is exp(r / (1 + "
                "|r / log(min_scale)|)), 'sigmoid' sigmoid(r + 2) + min_scale, "
                "'softplus' softplus(r) + min_scale",
            .choices = {"bounded_exponential", "sigmoid", "softplus"}},
           {.name = "min_scale",
            .type = FieldType::real,
            .default_value = "0.001",
            .meaning = "least scale",
            .least = 1e-6,
            .greatest = 0.5}},
      .tails = {"linear"},
      .make =
          [](const FieldValues& values, const TransformerDomain&) {
            const AffineMapOptions options{.scale = values.text("affine_scale"),
                                           .min_scale = values.real("min_scale")};
            return Transformer(affine_map_operator(), affine_map_inverse_operator(),
                               options.attributes(), 2);
          },
      .examples = {"{}", R"({"affine_scale": "sigmoid"})",
                   R"({"affine_scale": "softplus", "min_scale": 0.01})"},
  };
  return kind;
}

}  // namespace castalia
