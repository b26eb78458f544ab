// Shifts (arXiv:1410.8516).
#include "cpp/prob/transformer.h"
#include "cpp/ops/ops.h"

namespace castalia {

const TransformerKind& additive_transformer() {
  static const TransformerKind kind{
      .name = "additive",
      .summary = "shift: preserves volume",
      .references = {"1410.8516"},
      .fields = {},
      .tails = {"linear"},
      .make =
          [](const FieldValues&, const TransformerDomain&) {
            return Transformer(additive_map_operator(), additive_map_inverse_operator(), {}, 1);
          },
      .examples = {"{}"},
  };
  return kind;
}

}  // namespace castalia
