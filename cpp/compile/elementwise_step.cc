#include "cpp/compile/elementwise_step.h"

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

class Builder {
 public:
  Builder(const Graph& graph, std::span<const int> nodes, int head)
      : graph_(graph), nodes_(nodes), head_(head) {
    std::optional<Shape> shape = graph.node(nodes[0]).outputs[0].shape;
    for (const int node : nodes) {
      shape = common_refinement(*shape, graph.node(node).outputs[0].shape);
      check(shape.has_value(), "element-wise nodes of one step have shapes that do not nest");
    }
    program_.shape = *shape;
    if (head >= 0) {
      const DType dtype = graph.node(head).outputs[0].dtype;
      program_.inputs.push_back({dtype, broadcast_strides(program_.shape, program_.shape)});
    }
    for (size_t i = 0; i < nodes.size(); ++i) position_[nodes[i]] = static_cast<int>(i);
  }

  ElementwiseStep run(std::span<const Value> results) {
    // Operands and constants first: they are numbered before the instructions.
    for (const int node : nodes_) {
      const Shape& shape = graph_.node(node).outputs[0].shape;
      for (const Value& input : graph_.node(node).inputs) declare(input, shape);
    }
    for (const int node : nodes_) add_instruction(graph_.node(node));
    for (const Value& result : results) {
      program_.outputs.push_back(
          result.node_index() == head_
              ? 0
              : program_.instruction_value(position_.at(result.node_index())));
    }
    step_.flops = static_cast<double>(nodes_.size()) * static_cast<double>(program_.shape.count());
    step_.program = std::move(program_);
    return std::move(step_);
  }

 private:
  struct Source {
    enum Kind { instruction, input, constant } kind;
    int index;
  };
  using Strides = std::array<int64_t, Shape::kMaxRank>;
  // An operand from outside: the tensor, where it starts, and how the program steps through it.
  using OperandKey = std::tuple<int, int, int64_t, Strides>;

  static bool is_scalar_constant(const Operand& operand) {
    return is_constant(operand.view.base) && operand.view.base.shape().count() == 1;
  }

  // Only an operand of the group's own shape can be a result of the group: a broadcast of one would
  // read elements of other tiles.
  bool is_inside(const Operand& operand) const {
    const int node = operand.view.base.node_index();
    return node == head_ || position_.count(node) > 0;
  }

  // The steps through an operand of a node of this shape, over the program's.
  Strides strides_of(const Operand& operand, const Shape& shape) const {
    const Strides coarse = broadcast_strides(operand.shape, shape);
    if (shape == program_.shape) return coarse;
    Strides strides{};
    int fine = program_.shape.rank();
    for (int axis = shape.rank(); axis-- > 0;) {
      int64_t stride = coarse[static_cast<size_t>(axis)];
      for (int64_t left = shape[axis]; left > 1;) {
        --fine;
        strides[static_cast<size_t>(fine)] = stride;
        stride *= program_.shape[fine];
        left /= program_.shape[fine];
      }
    }
    return strides;
  }

  OperandKey key_of(const Operand& operand, const Shape& shape) const {
    return {operand.view.base.node_index(), operand.view.base.output_index(), operand.view.offset,
            strides_of(operand, shape)};
  }

  void declare(Value value, const Shape& shape) {
    const Operand operand = operand_of(value);
    if (is_inside(operand)) return;
    const OperandKey key = key_of(operand, shape);
    if (sources_.count(key) > 0) return;
    const DType dtype = operand.view.base.dtype();
    if (is_scalar_constant(operand)) {
      sources_[key] = {Source::constant, static_cast<int>(program_.constants.size())};
      program_.constants.push_back({dtype, operand.view.base.node().attributes.reals("values")[0]});
      return;
    }
    sources_[key] = {Source::input, static_cast<int>(program_.inputs.size())};
    program_.inputs.push_back({dtype, std::get<Strides>(key)});
    step_.operands.push_back(operand.view);
    step_.types.push_back({dtype, operand.shape});
    step_.in_place.push_back(operand.shape == shape && operand.view.offset == 0);
  }

  int value_of(Value value, const Shape& shape) const {
    const Operand operand = operand_of(value);
    if (operand.view.base.node_index() == head_) return 0;
    const auto inside = position_.find(operand.view.base.node_index());
    if (inside != position_.end()) return program_.instruction_value(inside->second);
    const Source& source = sources_.at(key_of(operand, shape));
    return source.kind == Source::constant ? program_.constant_value(source.index) : source.index;
  }

  void add_instruction(const Node& node) {
    FusedInstruction instruction;
    instruction.operation = node.op->elementwise.empty() ? node.op->name : node.op->elementwise;
    instruction.dtype = node.outputs[0].dtype;
    for (const Value& input : node.inputs) {
      instruction.operands.push_back(value_of(input, node.outputs[0].shape));
    }
    program_.instructions.push_back(std::move(instruction));
    if (!step_.label.empty()) step_.label += ' ';
    step_.label += node.op->name;
  }

  const Graph& graph_;
  std::span<const int> nodes_;
  int head_;
  std::map<int, int> position_;
  std::map<OperandKey, Source> sources_;
  FusedProgram program_;
  ElementwiseStep step_;
};

}  // namespace

ElementwiseStep make_elementwise_step(const Graph& graph, std::span<const int> nodes,
                                      std::span<const Value> results, int head) {
  return Builder(graph, nodes, head).run(results);
}

}  // namespace castalia
