// Element-wise operations that a kernel applies to elements of its result while they are in
// registers: chains of the few kinds that follow products in most networks.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ROW_STEPS_H_
#define CASTALIA_CPP_RUNTIME_CPU_ROW_STEPS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "cpp/runtime/fused_program.h"

namespace castalia::cpu {

// One operation on all elements x of a matrix of float. The bits are those of the operations in
// cpp/runtime/cpu/elementwise.h.
struct RowStep {
  enum class Kind : uint8_t {
    add,            // x + o, o of the operand, or the constant where there is none
    multiply,       // x * o, likewise
    relu,           // x < 0 ? 0 : x
    leaky_relu,     // x > 0 ? x : x * constant
    keep,           // o != 0 ? x : x * constant
    keep_positive,  // o > 0 ? x : x * constant
    write,          // x, and it is written
    write_positive  // x, and 1 is written where x > 0, else 0
  };
  Kind kind = Kind::add;
  // Whether the operand has an element for each column, which then lie together.
  bool by_column = false;
  float constant = 0;
  // Row r reads the operand from (r / period) * outer + (r % period) * inner on.
  int64_t period = 1;
  int64_t outer = 0;
  int64_t inner = 0;
  const float* operand = nullptr;
  float* out = nullptr;  // as large as the matrix, its rows as far apart
};

// A step before its operand and its output have addresses.
struct PlannedRowStep {
  RowStep step;
  int input = -1;   // of the program; -1: the constant
  int output = -1;  // of the program, where it writes
};

struct RowStepPlan {
  std::vector<PlannedRowStep> steps;
  int result_output = -1;  // the output that the matrix is in the end
};

// The steps are for matrices whose rows have a multiple of this many elements: the widest panels of
// products, of float.
inline constexpr int64_t kRowStepColumns = 32;

// The program as steps, where its input 0 is the matrix, rows of `columns` elements; nothing where
// it is no chain of such steps, or not in float.
std::optional<RowStepPlan> plan_row_steps(const FusedProgram& program, int64_t columns);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ROW_STEPS_H_
