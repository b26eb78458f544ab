#include "cpp/compile/elementwise_step.h"

#include <map>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

class Builder {
 public:
  Builder(const Graph& graph, std::span<const int> nodes, int head)
      : graph_(graph), nodes_(nodes), head_(head) {
    program_.shape = graph.node(nodes[0]).outputs[0].shape;
    if (head >= 0) {
      const DType dtype = graph.node(head).outputs[0].dtype;
      program_.inputs.push_back({dtype, cpu::broadcast_strides(program_.shape, program_.shape)});
    }
    for (size_t i = 0; i < nodes.size(); ++i) position_[nodes[i]] = static_cast<int>(i);
  }

  ElementwiseStep run(std::span<const Value> results) {
    // Operands and constants first: they are numbered before the instructions.
    for (const int node : nodes_) {
      for (const Value& input : graph_.node(node).inputs) declare(input);
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
  // An operand from outside is one tensor, start and shape.
  using OperandKey = std::pair<std::pair<int, int>, std::pair<int64_t, std::string>>;

  static bool is_scalar_constant(const Operand& operand) {
    return is_constant(operand.view.base) && operand.view.base.shape().count() == 1;
  }

  // Only an operand of the group's own shape can be a result of the group: a broadcast of one would
  // read elements of other tiles.
  bool is_inside(const Operand& operand) const {
    const int node = operand.view.base.node_index();
    return node == head_ || position_.count(node) > 0;
  }

  static OperandKey key_of(const Operand& operand) {
    return {{operand.view.base.node_index(), operand.view.base.output_index()},
            {operand.view.offset, text(operand.shape)}};
  }

  void declare(Value value) {
    const Operand operand = operand_of(value);
    if (is_inside(operand) || sources_.count(key_of(operand)) > 0) return;
    const DType dtype = operand.view.base.dtype();
    if (is_scalar_constant(operand)) {
      sources_[key_of(operand)] = {Source::constant, static_cast<int>(program_.constants.size())};
      program_.constants.push_back({dtype, operand.view.base.node().attributes.reals("values")[0]});
      return;
    }
    sources_[key_of(operand)] = {Source::input, static_cast<int>(program_.inputs.size())};
    program_.inputs.push_back({dtype, cpu::broadcast_strides(operand.shape, program_.shape)});
    step_.operands.push_back(operand.view);
    step_.types.push_back({dtype, operand.shape});
    step_.in_place.push_back(operand.shape == program_.shape && operand.view.offset == 0);
  }

  int value_of(Value value) const {
    const Operand operand = operand_of(value);
    if (operand.view.base.node_index() == head_) return 0;
    const auto inside = position_.find(operand.view.base.node_index());
    if (inside != position_.end()) return program_.instruction_value(inside->second);
    const Source& source = sources_.at(key_of(operand));
    return source.kind == Source::constant ? program_.constant_value(source.index) : source.index;
  }

  void add_instruction(const Node& node) {
    cpu::FusedInstruction instruction;
    instruction.operation = node.op->elementwise.empty() ? node.op->name : node.op->elementwise;
    instruction.dtype = node.outputs[0].dtype;
    for (const Value& input : node.inputs) instruction.operands.push_back(value_of(input));
    program_.instructions.push_back(std::move(instruction));
    if (!step_.label.empty()) step_.label += ' ';
    step_.label += node.op->name;
  }

  const Graph& graph_;
  std::span<const int> nodes_;
  int head_;
  std::map<int, int> position_;
  std::map<OperandKey, Source> sources_;
  cpu::FusedProgram program_;
  ElementwiseStep step_;
};

}  // namespace

ElementwiseStep make_elementwise_step(const Graph& graph, std::span<const int> nodes,
                                      std::span<const Value> results, int head) {
  return Builder(graph, nodes, head).run(results);
}

}  // namespace castalia
