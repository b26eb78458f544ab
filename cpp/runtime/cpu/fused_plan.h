// How a fused program is run: which of its values lie where, and the loops in their order.
#ifndef CASTALIA_CPP_RUNTIME_CPU_FUSED_PLAN_H_
#define CASTALIA_CPP_RUNTIME_CPU_FUSED_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/runtime/cpu/elementwise.h"
#include "cpp/runtime/cpu/fused.h"

namespace castalia::cpu {

// The input of FusedPieces that another kernel makes.
inline constexpr int kFusedMade = 0;

// What a program is part of.
enum class FusedRole {
  kernel,   // a kernel of its own
  pieces,   // FusedPieces: input 0 is made by another kernel, piece by piece
  operand,  // FusedOperand: output 0 is read by another kernel, piece by piece
};

struct FusedPlan {
  // Where a value lives while a tile is computed.
  enum class Place {
    input,    // in the operand itself
    output,   // in the output itself
    scratch,  // in a scratch tile
    piece,    // in scratch, for the kernel that reads it: of a whole piece
  };

  struct Value {
    DType dtype = DType::float32;
    Place place = Place::scratch;
    size_t offset = 0;  // in scratch; the position among inputs or outputs otherwise
    int first_use = -1;
    int last_use = -1;
  };

  // How an input reaches the loops.
  enum class Access {
    dense,     // in place
    uniform,   // one element, spread over a tile once a run
    periodic,  // repeats after `period` elements: a repeated copy is made once a run
    general,   // copied tile by tile
    made,      // dense, and no element too many is read: its neighbours are being computed
  };

  struct Input {
    Access access = Access::dense;
    std::array<int64_t, Shape::kMaxRank> strides{};  // over the collapsed axes
    int64_t period = 0;
  };

  struct Step {
    TileFunction function = nullptr;  // null: copy a tile of the input `result`
    std::array<int, 3> operands{};
    int operand_count = 0;
    int result = 0;
  };

  // An output that, when it is the same buffer as one of `inputs`, must wait in scratch until the
  // end of the tile, because those inputs are read after it is computed.
  struct Staged {
    int value = 0;
    size_t offset = 0;
    std::vector<int> inputs;
  };

  Shape axes;  // the iteration, with axes merged wherever every input steps evenly
  int64_t count = 0;
  int64_t tile = 0;  // elements
  size_t instruction_count = 0;
  std::vector<Value> values;
  std::vector<Input> inputs;
  std::vector<std::pair<int, double>> constants;  // (value, number): one of each kind
  std::vector<Step> steps;
  std::vector<Staged> staged;
  bool exact = false;  // every output has a place to wait, so that no element too many is written
  bool has_made = false;  // input kFusedMade is of Access::made
  int piece_value = -1;   // of Place::piece
  size_t scratch_bytes = 0;
};

// The bytes of a piece that a FusedOperand makes at most: some tiles.
inline constexpr int64_t kFusedPieceBytes = 8192;

// An Error (internal) for a program that is not well formed.
FusedPlan plan_fused(FusedProgram program, FusedRole role);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_FUSED_PLAN_H_
