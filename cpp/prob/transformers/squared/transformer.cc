// Non-linear squared maps (arXiv:1901.10548).
#include "cpp/prob/transformer.h"
#include "cpp/ops/ops.h"

namespace castalia {

const TransformerKind& squared_transformer() {
  static const TransformerKind kind{
      .name = "squared",
      .summary = "affine map with a bend",
      .references = {"1901.10548"},
      .fields = {},
      .tails = {"linear"},
      .make =
          [](const FieldValues&, const TransformerDomain&) {
            return Transformer(squared_map_operator(), squared_map_inverse_operator(), {}, 5, true);
          },
      .examples = {"{}"},
  };
  return kind;
}

}  // namespace castalia
