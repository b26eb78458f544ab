#include "cpp/runtime/cpu/fused_plan.h"

#include <algorithm>
#include <bit>
#include <string>

#include "cpp/base/status.h"

namespace castalia::cpu {
namespace {

using Access = FusedPlan::Access;
using Input = FusedPlan::Input;
using Place = FusedPlan::Place;
using Staged = FusedPlan::Staged;
using Step = FusedPlan::Step;
using Value = FusedPlan::Value;

// A tile holds 4 KiB of the widest type in the program.
constexpr int64_t kTileBytes = 4096;
// Room behind each scratch tile for whole vectors; it also keeps tiles off the same L1 sets.
constexpr size_t kSlotPadding = 128;

constexpr size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

class Planner {
 public:
  Planner(FusedProgram program, FusedRole role) : program_(std::move(program)), role_(role) {
    plan_.exact = role != FusedRole::kernel;
  }

  FusedPlan make() {
    plan_.count = program_.shape.count();
    make_outputs_distinct();
    declare_values();
    find_uses();
    collapse_axes();
    for (size_t i = 0; i < program_.inputs.size(); ++i) classify(static_cast<int>(i));
    make_steps();
    plan_.instruction_count = program_.instructions.size();
    plan_.scratch_bytes = top_;
    return std::move(plan_);
  }

 private:
  // Afterwards every output is the result of an instruction of its own.
  void make_outputs_distinct() {
    const int first_result = program_.instruction_value(0);
    std::vector<int> seen;
    for (int& output : program_.outputs) {
      check(output >= 0 && output < value_count(), "fused kernel: output value ", output,
            " does not exist");
      if (output < first_result || std::find(seen.begin(), seen.end(), output) != seen.end()) {
        program_.instructions.push_back({"copy", dtype_of_value(output), {output}});
        output = value_count() - 1;
      }
      seen.push_back(output);
    }
  }

  int value_count() const {
    return program_.instruction_value(static_cast<int>(program_.instructions.size()));
  }

  DType dtype_of_value(int value) const {
    const int first_constant = program_.constant_value(0);
    const int first_result = program_.instruction_value(0);
    if (value < first_constant) return program_.inputs[value].dtype;
    if (value < first_result) return program_.constants[value - first_constant].dtype;
    return program_.instructions[value - first_result].dtype;
  }

  void declare_values() {
    plan_.values.resize(value_count());
    bool wide = false;
    for (int i = 0; i < value_count(); ++i) {
      plan_.values[i].dtype = dtype_of_value(i);
      check(is_floating(plan_.values[i].dtype), "fused kernel: value ", i, " is ",
            name(plan_.values[i].dtype), ", not floating-point");
      wide = wide || size_of(plan_.values[i].dtype) == 8;
    }
    plan_.tile = kTileBytes / (wide ? 8 : 4);
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      Value& value = plan_.values[program_.outputs[i]];
      value.place = Place::output;
      value.offset = i;
    }
    // The address table of a run: two words for each value.
    top_ = round_up(plan_.values.size() * 16);
    if (role_ == FusedRole::operand) {
      plan_.piece_value = program_.outputs[0];
      Value& value = plan_.values[plan_.piece_value];
      value.place = Place::piece;
      value.offset = allocate_bytes(kFusedPieceBytes + kSlotPadding);
    }
  }

  void find_uses() {
    for (size_t i = 0; i < program_.instructions.size(); ++i) {
      const FusedInstruction& instruction = program_.instructions[i];
      for (int operand : instruction.operands) {
        check(operand >= 0 && operand < program_.instruction_value(static_cast<int>(i)),
              "fused kernel: instruction ", i, " (", instruction.operation, ") uses value ",
              operand, ", which is not known yet");
        Value& value = plan_.values[operand];
        if (value.first_use < 0) value.first_use = static_cast<int>(i);
        value.last_use = static_cast<int>(i);
      }
    }
  }

  // Drops axes of extent 1 and merges an axis into the next one where all inputs allow it.
  void collapse_axes() {
    plan_.inputs.resize(program_.inputs.size());
    const Shape& shape = program_.shape;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      const int last = plan_.axes.rank() - 1;
      bool merge = last >= 0;
      for (size_t i = 0; i < plan_.inputs.size() && merge; ++i) {
        merge = plan_.inputs[i].strides[last] == program_.inputs[i].strides[axis] * shape[axis];
      }
      if (merge) {
        plan_.axes[last] *= shape[axis];
      } else {
        plan_.axes.push_back(shape[axis]);
      }
      const int target = plan_.axes.rank() - 1;
      for (size_t i = 0; i < plan_.inputs.size(); ++i) {
        plan_.inputs[i].strides[target] = program_.inputs[i].strides[axis];
      }
    }
    if (plan_.axes.rank() == 0) {
      plan_.axes.push_back(1);
      for (Input& input : plan_.inputs) input.strides[0] = 1;
    }
  }

  void classify(int index) {
    Input& input = plan_.inputs[index];
    Value& value = plan_.values[index];
    const int rank = plan_.axes.rank();
    // The trailing axes over which the operand is dense, and how many elements they have.
    int axis = rank;
    int64_t dense = 1;
    while (axis > 0 && input.strides[axis - 1] == dense) dense *= plan_.axes[--axis];
    bool broadcast = true;
    for (int outer = 0; outer < axis; ++outer) broadcast = broadcast && input.strides[outer] == 0;
    if (role_ == FusedRole::pieces && index == kFusedMade) {
      check(axis == 0, "fused kernel: the input that is being made is not dense");
      input.access = Access::made;
      plan_.has_made = true;
    } else if (axis == 0 || value.last_use < 0) {
      input.access = Access::dense;
      value.place = Place::input;
      value.offset = static_cast<size_t>(index);
    } else if (broadcast && axis == rank) {
      input.access = Access::uniform;
      value.offset = allocate_bytes(slot_bytes(value.dtype));
    } else if (broadcast && dense <= plan_.tile) {
      input.access = Access::periodic;
      input.period = dense;
      value.offset = allocate_bytes(slot_bytes(value.dtype) +
                                    round_up(static_cast<size_t>(dense) * size_of(value.dtype)));
    } else {
      input.access = Access::general;
    }
  }

  size_t slot_bytes(DType dtype) const {
    return round_up(static_cast<size_t>(plan_.tile) * size_of(dtype)) + kSlotPadding;
  }

  size_t allocate_bytes(size_t bytes) { return std::exchange(top_, top_ + round_up(bytes)); }

  size_t take_slot(DType dtype) {
    std::vector<size_t>& free = free_slots(dtype);
    if (free.empty()) return allocate_bytes(slot_bytes(dtype));
    const size_t offset = free.back();
    free.pop_back();
    return offset;
  }

  std::vector<size_t>& free_slots(DType dtype) { return size_of(dtype) == 4 ? free4_ : free8_; }

  // Values whose tile is handed on after their last use.
  bool is_temporary(int index) const {
    if (index < static_cast<int>(plan_.inputs.size())) {
      const Access access = plan_.inputs[index].access;
      return access == Access::general || access == Access::made;
    }
    return index >= program_.instruction_value(0) && plan_.values[index].place == Place::scratch;
  }

  void make_steps() {
    place_constants();
    for (size_t i = 0; i < program_.instructions.size(); ++i) make_step(static_cast<int>(i));
  }

  void place_constants() {
    for (size_t i = 0; i < program_.constants.size(); ++i) {
      const int index = program_.constant_value(static_cast<int>(i));
      const double number = program_.constants[i].value;
      Value& value = plan_.values[index];
      if (value.last_use < 0) continue;
      const auto same =
          std::find_if(plan_.constants.begin(), plan_.constants.end(), [&](const auto& other) {
            return plan_.values[other.first].dtype == value.dtype &&
                   std::bit_cast<uint64_t>(other.second) == std::bit_cast<uint64_t>(number);
          });
      if (same != plan_.constants.end()) {
        value.offset = plan_.values[same->first].offset;
      } else {
        value.offset = allocate_bytes(slot_bytes(value.dtype));
        plan_.constants.emplace_back(index, number);
      }
    }
  }

  void make_step(int index) {
    const FusedInstruction& instruction = program_.instructions[index];
    const int result = program_.instruction_value(index);
    Step step;
    step.function = function_of(instruction, index);
    step.operand_count = static_cast<int>(instruction.operands.size());
    step.result = result;
    for (int i = 0; i < step.operand_count; ++i) {
      const int operand = instruction.operands[i];
      step.operands[i] = operand;
      Value& value = plan_.values[operand];
      if (is_temporary(operand) && operand < program_.constant_value(0) &&
          value.first_use == index && value.offset == 0) {
        value.offset = take_slot(value.dtype);
        Step copy;
        copy.result = operand;
        plan_.steps.push_back(copy);
      }
    }
    // A result may take the tile of an operand that ends here, unless their elements differ in
    // size.
    const bool cast = instruction.operation == "cast";
    if (!cast) release_operands(instruction, index);
    Value& value = plan_.values[result];
    if (value.place == Place::output) {
      add_staged(index, result);
    } else if (value.place == Place::scratch) {
      value.offset = take_slot(value.dtype);
      if (value.last_use < 0) free_slots(value.dtype).push_back(value.offset);
    }
    if (cast) release_operands(instruction, index);
    plan_.steps.push_back(step);
  }

  TileFunction function_of(const FusedInstruction& instruction, int index) const {
    const std::string& operation = instruction.operation;
    const size_t expected = operation == "cast" ? 1 : operand_count(operation);
    check(expected > 0, "fused kernel: no operation '", operation, "'");
    check(instruction.operands.size() == expected, "fused kernel: ", operation, " takes ", expected,
          " operands, not ", instruction.operands.size());
    if (operation == "cast") {
      return cast_function(plan_.values[instruction.operands[0]].dtype, instruction.dtype);
    }
    for (int operand : instruction.operands) {
      check(plan_.values[operand].dtype == instruction.dtype, "fused kernel: instruction ", index,
            " (", operation, ") is ", name(instruction.dtype), " but value ", operand, " is ",
            name(plan_.values[operand].dtype));
    }
    return tile_function(operation, instruction.dtype);
  }

  void release_operands(const FusedInstruction& instruction, int index) {
    for (size_t i = 0; i < instruction.operands.size(); ++i) {
      const int operand = instruction.operands[i];
      const auto begin = instruction.operands.begin();
      const bool repeated = std::find(begin, begin + i, operand) != begin + i;
      const Value& value = plan_.values[operand];
      if (!repeated && value.last_use == index && is_temporary(operand)) {
        free_slots(value.dtype).push_back(value.offset);
      }
    }
  }

  void add_staged(int index, int result) {
    Staged staged;
    staged.value = result;
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      const Value& input = plan_.values[i];
      const Access access = plan_.inputs[i].access;
      if ((access == Access::dense || access == Access::made) && input.last_use > index) {
        staged.inputs.push_back(static_cast<int>(i));
      }
    }
    if (staged.inputs.empty() && !plan_.exact) return;
    staged.offset = allocate_bytes(slot_bytes(plan_.values[result].dtype));
    plan_.staged.push_back(std::move(staged));
  }

  FusedProgram program_;
  FusedRole role_;
  FusedPlan plan_;
  size_t top_ = 0;
  std::vector<size_t> free4_, free8_;
};

}  // namespace

FusedPlan plan_fused(FusedProgram program, FusedRole role) {
  return Planner(std::move(program), role).make();
}

}  // namespace castalia::cpu
