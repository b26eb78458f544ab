// What the normalisations share.
#ifndef CASTALIA_CPP_OPS_NORMALIZATION_H_
#define CASTALIA_CPP_OPS_NORMALIZATION_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// Operands x, scale and bias, the last or the last two of which may be missing, of one floating
// type; scale and bias have the given shape. epsilon is an attribute above 0.
void expect_normalizable(std::span<const TensorType> inputs, const Shape& affine,
                         const Attributes& attributes);

// The operands that are there. An Error when there is a bias without a scale.
std::vector<Value> given_operands(Value x, Value scale, Value bias);
// Operand i, null where it is missing.
Value operand_or_null(std::span<const Value> inputs, size_t i);

// x of shape (rows, positions, groups, width) without mean and scale.
struct Normalized {
  Value difference;         // x - mean, or x where not centred
  Value inverse_deviation;  // 1 / sqrt(variance + epsilon): (rows, 1, groups, 1)
};
Normalized normalized(Value x, const Attributes& attributes);

// Gradients of scale and bias are summed over tiles of rows first, then over the tiles.
int64_t normalize_tile_rows(const Shape& shape);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NORMALIZATION_H_
