// A chain of element-wise operations that is computed together: what a backend makes one kernel of.
#ifndef CASTALIA_CPP_RUNTIME_FUSED_PROGRAM_H_
#define CASTALIA_CPP_RUNTIME_FUSED_PROGRAM_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cpp/base/broadcast.h"
#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"

namespace castalia {

// An operand from outside: its element type, and for each axis of the iteration shape the step in
// elements (0 along an axis that it is broadcast over).
struct FusedInput {
  DType dtype = DType::float32;
  std::array<int64_t, Shape::kMaxRank> strides{};
};

struct FusedConstant {
  DType dtype = DType::float32;
  double value = 0;
};

// One operation. `dtype` is the type of the result. Operands are values (see FusedProgram) and have
// the same type, except for "cast", which converts its operand to `dtype`.
struct FusedInstruction {
  std::string operation;  // as in cpp/runtime/cpu/elementwise.h, or "cast"
  DType dtype = DType::float32;
  std::vector<int> operands;
};

// Values are numbered: first the inputs, then the constants, then the results of the instructions
// in their order. An operand stands before the instruction that uses it.
struct FusedProgram {
  Shape shape;  // of every output, and of the iteration
  std::vector<FusedInput> inputs;
  std::vector<FusedConstant> constants;
  std::vector<FusedInstruction> instructions;
  std::vector<int> outputs;  // the values to write, dense over the shape; a value may come twice

  int constant_value(int constant) const { return static_cast<int>(inputs.size()) + constant; }
  int instruction_value(int instruction) const {
    return constant_value(static_cast<int>(constants.size())) + instruction;
  }
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_FUSED_PROGRAM_H_
