#include "cpp/runtime/cpu/product_epilogue.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "cpp/base/status.h"

namespace castalia::cpu {
namespace {

// The value of a FusedProgram that is the kernel's own result.
constexpr int kResult = 0;

// The one instruction that reads the result, where nothing else does; -1 otherwise.
int only_reader(const FusedProgram& program) {
  if (std::count(program.outputs.begin(), program.outputs.end(), kResult) > 0) return -1;
  int reader = -1;
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    const std::vector<int>& operands = program.instructions[i].operands;
    const auto uses = std::count(operands.begin(), operands.end(), kResult);
    if (uses == 0) continue;
    if (uses > 1 || reader >= 0) return -1;
    reader = static_cast<int>(i);
  }
  return reader;
}

// Takes an instruction out: what read its result reads the kernel's.
void drop(FusedProgram& program, int instruction) {
  const int result = program.instruction_value(instruction);
  const auto renumber = [&](int& value) {
    if (value == result) {
      value = kResult;
    } else if (value > result) {
      --value;
    }
  };
  program.instructions.erase(program.instructions.begin() + instruction);
  for (FusedInstruction& each : program.instructions) {
    for (int& operand : each.operands) renumber(operand);
  }
  for (int& output : program.outputs) renumber(output);
}

// Whether the operand is one element for each column, the same in all rows.
bool is_bias(const FusedProgram& program, int value, int64_t columns) {
  if (value == kResult || value >= static_cast<int>(program.inputs.size())) return false;
  const int last = program.shape.rank() - 1;
  if (last < 0 || program.shape[last] != columns) return false;
  const FusedInput& input = program.inputs[static_cast<size_t>(value)];
  for (int axis = 0; axis < last; ++axis) {
    if (input.strides[static_cast<size_t>(axis)] != 0) return false;
  }
  return columns == 1 || input.strides[static_cast<size_t>(last)] == 1;
}

DType dtype_of(const FusedProgram& program, int value) {
  const int first = program.instruction_value(0);
  if (value == kResult) return program.inputs[kResult].dtype;
  check(value >= first, "an epilogue gives back an operand");
  return program.instructions[static_cast<size_t>(value - first)].dtype;
}

size_t pointer_bytes(size_t count) { return (count * sizeof(void*) + 63) / 64 * 64; }

}  // namespace

ProductEpilogue::ProductEpilogue(FusedProgram program, int64_t columns, int own_inputs,
                                 InRegisters in_registers)
    : own_inputs_(own_inputs),
      further_inputs_(static_cast<int>(program.inputs.size()) - 1),
      flops_(static_cast<double>(program.shape.count()) *
             static_cast<double>(program.instructions.size())) {
  int reader = in_registers != InRegisters::nothing ? only_reader(program) : -1;
  if (reader >= 0 && program.instructions[static_cast<size_t>(reader)].operation == "add") {
    const std::vector<int>& operands = program.instructions[static_cast<size_t>(reader)].operands;
    const int other = operands[operands[0] == kResult ? 1 : 0];
    if (is_bias(program, other, columns)) {
      bias_input_ = own_inputs + other - 1;
      drop(program, reader);
      reader = only_reader(program);
    }
  }
  if (reader >= 0 && program.instructions[static_cast<size_t>(reader)].operation == "relu") {
    relu_ = true;
    drop(program, reader);
  }
  if (in_registers == InRegisters::row_steps) {
    if (std::optional<RowStepPlan> plan = plan_row_steps(program, columns)) {
      result_output_ = plan->result_output;
      steps_ = std::move(plan->steps);
      for (PlannedRowStep& each : steps_) {
        if (each.input >= 0) each.input += own_inputs - 1;
      }
      return;
    }
  }
  for (size_t k = 0; k < program.outputs.size(); ++k) {
    if (program.outputs[k] == kResult) result_output_ = static_cast<int>(k);
  }
  for (size_t k = 0; k < program.outputs.size() && result_output_ < 0; ++k) {
    const bool same = dtype_of(program, program.outputs[k]) == program.inputs[kResult].dtype;
    if (same) result_output_ = static_cast<int>(k);
  }
  check(result_output_ >= 0, "an epilogue leaves no place for the result");
  std::vector<int> outputs;
  for (size_t k = 0; k < program.outputs.size(); ++k) {
    if (program.outputs[k] == kResult) continue;
    outputs.push_back(program.outputs[k]);
    piece_outputs_.push_back(static_cast<int>(k));
  }
  if (outputs.empty()) return;
  program.outputs = std::move(outputs);
  pieces_ = std::make_unique<const FusedPieces>(program);
}

size_t ProductEpilogue::scratch_bytes() const {
  if (!has_pieces()) return (steps_.size() * sizeof(RowStep) + 63) / 64 * 64;
  return pointer_bytes(1 + static_cast<size_t>(further_inputs_)) +
         pointer_bytes(piece_outputs_.size()) + pieces_->scratch_bytes();
}

// The addresses that pieces work on stand at the start of the scratch memory.
KernelArguments ProductEpilogue::piece_arguments(std::byte* scratch) const {
  const size_t inputs = pointer_bytes(1 + static_cast<size_t>(further_inputs_));
  const size_t outputs = pointer_bytes(piece_outputs_.size());
  return {reinterpret_cast<const void* const*>(scratch),
          reinterpret_cast<void* const*>(scratch + inputs), scratch + inputs + outputs};
}

void ProductEpilogue::prepare(const KernelArguments& arguments, std::byte* scratch) const {
  const KernelArguments own = piece_arguments(scratch);
  const void** inputs = const_cast<const void**>(own.inputs);
  void** outputs = const_cast<void**>(own.outputs);
  inputs[0] = arguments.outputs[result_output_];
  std::copy_n(arguments.inputs + own_inputs_, further_inputs_, inputs + 1);
  for (const int output : piece_outputs_) *outputs++ = arguments.outputs[output];
  pieces_->prepare(own);
}

const RowStep* ProductEpilogue::resolve_steps(const KernelArguments& arguments,
                                              std::byte* scratch) const {
  if (steps_.empty()) return nullptr;
  auto* const steps = reinterpret_cast<RowStep*>(scratch);
  RowStep* next = steps;
  for (const PlannedRowStep& planned : steps_) {
    RowStep& step = *new (next++) RowStep(planned.step);
    if (planned.input >= 0)
      step.operand = static_cast<const float*>(arguments.inputs[planned.input]);
    if (planned.output >= 0) step.out = static_cast<float*>(arguments.outputs[planned.output]);
  }
  return steps;
}

void ProductEpilogue::finish(std::byte* scratch, int64_t first, int64_t count) const {
  pieces_->run(piece_arguments(scratch), first, count);
}

}  // namespace castalia::cpu
