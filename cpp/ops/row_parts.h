// Operators that copy rows, each a few runs of its operands one after another: which runs.
#ifndef CASTALIA_CPP_OPS_ROW_PARTS_H_
#define CASTALIA_CPP_OPS_ROW_PARTS_H_

#include <cstdint>
#include <vector>

#include "cpp/runtime/kernel.h"

namespace castalia {

// A run of bytes that every row of the output takes from the same row of an input.
struct RowPart {
  int input = 0;         // kZeros: no input, the run becomes zero
  int64_t from = 0;      // where it starts in the input's row, in bytes
  int64_t from_row = 0;  // the input's bytes per row
  int64_t length = 0;    // in bytes
};
inline constexpr int kZeros = -1;

struct RowParts {
  int64_t rows = 0;
  std::vector<RowPart> parts;
};

// Bytes of an operand's elements at one index along the attribute "axis".
inline int64_t bytes_behind_axis(const KernelRequest& request, int axis) {
  const TensorType& x = request.inputs[0];
  return x.shape.count(axis + 1, x.shape.rank()) * static_cast<int64_t>(size_of(x.dtype));
}

inline RowParts concat_parts(const KernelRequest& request) {
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t unit = bytes_behind_axis(request, axis);
  RowParts result{request.outputs[0].shape.count(0, axis), {}};
  for (const TensorType& input : request.inputs) {
    const int64_t row = input.shape[axis] * unit;
    result.parts.push_back(
        {.input = static_cast<int>(result.parts.size()), .from_row = row, .length = row});
  }
  return result;
}

inline RowParts slice_parts(const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t unit = bytes_behind_axis(request, axis);
  const int64_t first = request.attributes.integer("first");
  const int64_t last = request.attributes.integer("last");
  return {x.count(0, axis),
          {{.input = 0,
            .from = first * unit,
            .from_row = x[axis] * unit,
            .length = (last - first) * unit}}};
}

inline RowParts pad_parts(const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t unit = bytes_behind_axis(request, axis);
  const int64_t row = x[axis] * unit;
  return {x.count(0, axis),
          {{.input = kZeros, .length = request.attributes.integer("before") * unit},
           {.input = 0, .from_row = row, .length = row},
           {.input = kZeros, .length = request.attributes.integer("after") * unit}}};
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ROW_PARTS_H_
