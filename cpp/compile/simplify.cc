#include "cpp/compile/simplify.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/compile/lower.h"
#include "cpp/compile/program.h"
#include "cpp/compile/schedule.h"

namespace castalia {
namespace {

// Larger results would take up more memory as constants than the time they save is worth.
constexpr int64_t kMostFolded = 4096;

// The one number that an operand consists of, however it is broadcast.
std::optional<double> number(Value value) {
  const Value base = operand_of(value).view.base;
  if (!is_constant(base) || base.shape().count() != 1) return std::nullopt;
  return base.node().attributes.reals("values")[0];
}

bool is_number(Value value, double wanted) {
  const std::optional<double> found = number(value);
  return found && std::bit_cast<uint64_t>(*found) == std::bit_cast<uint64_t>(wanted);
}

bool same_integers(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Value undone_transpose(const Node& node) {
  const Node& before = node.inputs[0].node();
  if (before.op != node.op) return {};
  const std::vector<int64_t>& later = node.attributes.integers("permutation");
  const std::vector<int64_t>& earlier = before.attributes.integers("permutation");
  std::vector<int64_t> both, in_order;
  for (const int64_t axis : later) {
    in_order.push_back(static_cast<int64_t>(in_order.size()));
    both.push_back(earlier[static_cast<size_t>(axis)]);
  }
  return same_integers(both, in_order) ? before.inputs[0] : Value();
}

// What a float32 number is after it was a float64 one.
Value undone_cast(const Node& node) {
  const Value operand = node.inputs[0];
  if (operand.dtype() == node.outputs[0].dtype) return operand;
  const Node& before = operand.node();
  if (before.op != node.op) return {};
  const Value origin = before.inputs[0];
  const bool widened = origin.dtype() == DType::float32 && operand.dtype() == DType::float64;
  return widened && node.outputs[0].dtype == DType::float32 ? origin : Value();
}

// The operand that the node repeats, of whatever shape.
Value repeated(const Node& node) {
  const std::string& name = node.op->name;
  const auto input = [&](size_t i) { return node.inputs[i]; };
  if (name == "multiply") {
    if (is_number(input(1), 1.0)) return input(0);
    if (is_number(input(0), 1.0)) return input(1);
  } else if (name == "divide") {
    if (is_number(input(1), 1.0)) return input(0);
  } else if (name == "subtract") {
    if (is_number(input(1), 0.0)) return input(0);
  } else if (name == "add") {
    // Only the negative zero leaves both zeros as they are.
    if (is_number(input(1), -0.0)) return input(0);
    if (is_number(input(0), -0.0)) return input(1);
  } else if (name == "negate") {
    if (input(0).node().op == node.op) return input(0).node().inputs[0];
  } else if (name == "select") {
    if (input(1) == input(2)) return input(1);
  } else if (name == "transpose") {
    return undone_transpose(node);
  } else if (name == "cast") {
    return undone_cast(node);
  } else if (name == "broadcast_to" || name == "slice" || name == "reshape" ||
             (name == "concat" && node.inputs.size() == 1)) {
    return input(0);  // where the shape is the same
  }
  return {};
}

bool is_folded(const Node& node) {
  if (node.inputs.empty() || !node.op->infer || node.op->name == "broadcast_to") return false;
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), is_constant)) return false;
  const auto fits = [](const TensorType& type) {
    return is_floating(type.dtype) && type.shape.count() <= kMostFolded;
  };
  return node.outputs.size() == 1 && fits(node.outputs[0]) &&
         std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](Value input) { return fits(input.type()); });
}

// Memory for one tensor, aligned and padded.
class TensorMemory {
 public:
  explicit TensorMemory(size_t bytes) : memory_(padded_bytes(bytes) + kBufferAlignment) {}
  std::byte* data() {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    return memory_.data() + (kBufferAlignment - address % kBufferAlignment) % kBufferAlignment;
  }

 private:
  std::vector<std::byte> memory_;
};

template <typename T>
void write_numbers(const std::vector<double>& numbers, std::byte* to) {
  for (const double each : numbers) {
    const T number = static_cast<T>(each);
    std::memcpy(to, &number, sizeof number);
    to += sizeof number;
  }
}

template <typename T>
std::vector<double> read_numbers(const std::byte* from, int64_t count) {
  std::vector<T> numbers(static_cast<size_t>(count));
  std::memcpy(numbers.data(), from, numbers.size() * sizeof(T));
  return {numbers.begin(), numbers.end()};
}

Value folded(const Node& node, Graph& graph, CompileOptions options) {
  options.device = nullptr;  // the constants lie here
  const std::unique_ptr<Kernel> kernel = choose_kernel(node, options).kernel;
  if (!kernel) return {};  // a composite: its parts are folded
  std::vector<TensorMemory> operands;
  std::vector<const void*> inputs;
  for (const Value& input : node.inputs) {
    operands.emplace_back(input.type().bytes());
    std::byte* data = operands.back().data();
    const std::vector<double>& values = input.node().attributes.reals("values");
    if (input.dtype() == DType::float32) {
      write_numbers<float>(values, data);
    } else {
      write_numbers<double>(values, data);
    }
    inputs.push_back(data);
  }
  const TensorType& type = node.outputs[0];
  TensorMemory result(type.bytes());
  TensorMemory scratch(kernel->scratch_bytes());
  void* const outputs[] = {result.data()};
  kernel->run({inputs.data(), outputs, scratch.data()}, 0, kernel->tiles());
  return graph.constant(type.shape, type.dtype,
                        type.dtype == DType::float32
                            ? read_numbers<float>(result.data(), type.shape.count())
                            : read_numbers<double>(result.data(), type.shape.count()));
}

}  // namespace

Value simplified(Value result, const CompileOptions& options) {
  const Node& node = result.node();
  if (node.outputs.size() != 1) return {};
  const Value operand = repeated(node);
  if (operand && operand.type() == node.outputs[0]) return operand;
  return is_folded(node) ? folded(node, result.graph(), options) : Value();
}

}  // namespace castalia
