#include "cpp/runtime/cpu/row_steps.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace castalia::cpu {
namespace {

using Kind = RowStep::Kind;

// How rows of `columns` elements see an operand; false where a step cannot describe it.
bool find_rows(const FusedProgram& program, const FusedInput& input, int64_t columns,
               RowStep& step) {
  const Shape& shape = program.shape;
  int axis = shape.rank();
  int64_t seen = 1;
  bool dense = true;
  bool repeated = true;
  while (axis > 0 && seen < columns) {
    --axis;
    if (shape[axis] == 1) continue;
    const int64_t stride = input.strides[static_cast<size_t>(axis)];
    dense = dense && stride == seen;
    repeated = repeated && stride == 0;
    seen *= shape[axis];
  }
  if (seen != columns || !(dense || repeated)) return false;
  step.by_column = dense;
  // The axes of the rows, the last first, joined where they step evenly.
  std::vector<std::pair<int64_t, int64_t>> rows;  // extent, stride
  while (axis-- > 0) {
    if (shape[axis] == 1) continue;
    const int64_t stride = input.strides[static_cast<size_t>(axis)];
    if (!rows.empty() && stride == rows.back().first * rows.back().second) {
      rows.back().first *= shape[axis];
    } else {
      rows.emplace_back(shape[axis], stride);
    }
  }
  if (rows.size() > 2) return false;
  if (!rows.empty()) std::tie(step.period, step.inner) = rows[0];
  if (rows.size() == 2) step.outer = rows[1].second;
  return true;
}

class Chain {
 public:
  Chain(const FusedProgram& program, int64_t columns)
      : program_(program), columns_(columns), done_(program.instructions.size(), false) {}

  std::optional<RowStepPlan> plan() {
    const auto is_float = [](const auto& each) { return each.dtype == DType::float32; };
    if (!std::all_of(program_.inputs.begin(), program_.inputs.end(), is_float) ||
        !std::all_of(program_.instructions.begin(), program_.instructions.end(), is_float)) {
      return {};
    }
    while (advance()) {
    }
    // Whatever is not done yet was not understood.
    const bool all = std::find(done_.begin(), done_.end(), false) == done_.end();
    if (!all || !take_result()) return {};
    return std::move(plan_);
  }

 private:
  const FusedInstruction& instruction(int index) const {
    return program_.instructions[static_cast<size_t>(index)];
  }

  // The instructions that read a value and are not done.
  std::vector<int> readers(int value) const {
    std::vector<int> found;
    for (size_t i = 0; i < done_.size(); ++i) {
      const std::vector<int>& operands = program_.instructions[i].operands;
      if (!done_[i] && std::find(operands.begin(), operands.end(), value) != operands.end()) {
        found.push_back(static_cast<int>(i));
      }
    }
    return found;
  }

  bool is_output(int value) const {
    return std::find(program_.outputs.begin(), program_.outputs.end(), value) !=
           program_.outputs.end();
  }

  bool is_input(int value) const {
    return value > 0 && value < static_cast<int>(program_.inputs.size());
  }

  std::optional<double> constant(int value) const {
    if (value < program_.constant_value(0) || value >= program_.instruction_value(0)) return {};
    return program_.constants[static_cast<size_t>(value - program_.constant_value(0))].value;
  }

  // The value y where the instruction is 0 < y, else -1.
  int positive_operand(const FusedInstruction& each) const {
    return each.operation == "less" && constant(each.operands[0]) == 0.0 ? each.operands[1] : -1;
  }

  void add(Kind kind, int input, double constant, int output = -1) {
    PlannedRowStep planned;
    planned.step.kind = kind;
    planned.step.constant = static_cast<float>(constant);
    planned.input = input;
    planned.output = output;
    plan_.steps.push_back(planned);
  }

  bool add_with_operand(Kind kind, int input, double constant) {
    add(kind, input, constant);
    RowStep& step = plan_.steps.back().step;
    return find_rows(program_, program_.inputs[static_cast<size_t>(input)], columns_, step);
  }

  void write(int value, Kind kind, size_t first = 0) {
    for (size_t k = first; k < program_.outputs.size(); ++k) {
      if (program_.outputs[k] == value) add(kind, -1, 0, static_cast<int>(k));
    }
  }

  // Takes the next step of the chain from `at_`; false at its end, or where it goes no further.
  bool advance() {
    std::vector<int> all = readers(at_);
    std::erase_if(all, [&](int reader) {
      const int result = program_.instruction_value(reader);
      const bool aside = positive_operand(instruction(reader)) == at_ && is_output(result) &&
                         readers(result).empty();
      if (!aside) return false;
      write(result, Kind::write_positive);
      done_[static_cast<size_t>(reader)] = true;
      return true;
    });
    if (all.empty()) return false;
    write(at_, Kind::write);
    const int last = all.back();
    if (!(all.size() == 1 ? take_one(instruction(last)) : all.size() == 2 && take_kept(all)))
      return false;
    for (const int each : all) done_[static_cast<size_t>(each)] = true;
    at_ = program_.instruction_value(last);
    return true;
  }

  // An instruction that alone reads the value.
  bool take_one(const FusedInstruction& each) {
    const std::vector<int>& operands = each.operands;
    if (each.operation == "relu") {
      add(Kind::relu, -1, 0);
      return true;
    }
    if (operands.size() != 2) return false;
    if (each.operation == "leaky_relu") {
      const std::optional<double> slope = constant(operands[1]);
      if (slope) add(Kind::leaky_relu, -1, *slope);
      return slope.has_value();
    }
    if (each.operation != "add" && each.operation != "mul") return false;
    const Kind kind = each.operation == "add" ? Kind::add : Kind::multiply;
    const int other = operands[operands[0] == at_ ? 1 : 0];
    if (is_input(other)) return add_with_operand(kind, other, 0);
    const std::optional<double> number = constant(other);
    if (number) add(kind, -1, *number);
    return number.has_value();
  }

  // The gradient of a leaky rectifier: a multiplication by the slope, and a choice between the
  // value and that.
  bool take_kept(const std::vector<int>& both) {
    const FusedInstruction& scaled = instruction(both[0]);
    const FusedInstruction& chosen = instruction(both[1]);
    const int small = program_.instruction_value(both[0]);
    if (scaled.operation != "mul" || chosen.operation != "select") return false;
    const std::optional<double> slope =
        constant(scaled.operands[scaled.operands[0] == at_ ? 1 : 0]);
    const int condition = chosen.operands[0];
    if (!slope || chosen.operands[1] != at_ || chosen.operands[2] != small || condition == at_ ||
        is_output(small) || readers(small).size() != 1) {
      return false;
    }
    if (is_input(condition)) {
      return add_with_operand(Kind::keep, condition, *slope) && plan_.steps.back().step.by_column;
    }
    const int from = condition - program_.instruction_value(0);
    if (from < 0 || is_output(condition) || readers(condition).size() != 1) return false;
    const int other = positive_operand(instruction(from));
    if (!is_input(other)) return false;
    done_[static_cast<size_t>(from)] = true;
    return add_with_operand(Kind::keep_positive, other, *slope) &&
           plan_.steps.back().step.by_column;
  }

  // The matrix itself is the end of the chain.
  bool take_result() {
    const auto found = std::find(program_.outputs.begin(), program_.outputs.end(), at_);
    if (found == program_.outputs.end()) return false;
    plan_.result_output = static_cast<int>(found - program_.outputs.begin());
    write(at_, Kind::write, static_cast<size_t>(plan_.result_output) + 1);
    return true;
  }

  const FusedProgram& program_;
  int64_t columns_;
  std::vector<bool> done_;
  RowStepPlan plan_;
  int at_ = 0;  // the value that the chain has come to
};

}  // namespace

std::optional<RowStepPlan> plan_row_steps(const FusedProgram& program, int64_t columns) {
  if (columns == 0 || columns % kRowStepColumns != 0) return {};
  return Chain(program, columns).plan();
}

}  // namespace castalia::cpu
