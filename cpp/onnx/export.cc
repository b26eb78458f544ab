#include "cpp/onnx/export.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/compile/expand.h"
#include "cpp/graph/operator.h"
#include "cpp/onnx/builder.h"
#include "cpp/onnx/operators.h"
#include "cpp/ops/infer.h"
#include "cpp/runtime/workspace.h"

namespace castalia::onnx {
namespace {

// A graph has a fixed number of rows and the file has none: two traces tell which extents are
// multiples of it.
constexpr int64_t kRows = 5;
constexpr int64_t kOtherRows = 7;

// As many passes as there are features: not a feed-forward computation.
bool is_sequential(const Node& node) { return node.op->name == "autoregressive_inverse"; }

std::string place(const Node& node) {
  return text("operator '", node.op->name, "'", node.scope.empty() ? "" : " (", node.scope,
              node.scope.empty() ? "" : ")");
}

// A graph of operators that stand for themselves.
std::unique_ptr<Graph> expanded(const ExportRequest& request, int64_t rows) {
  Graph traced;
  request.trace(traced, rows);
  auto graph = std::make_unique<Graph>();
  expand(
      traced, [](const Node& node) { return !is_sequential(node); }, {.rows_independent = true},
      *graph);
  return graph;
}

// A node of the graph of kRows is known by its index, here and in the other trace.
class Exporter {
 public:
  explicit Exporter(const ExportRequest& request)
      : request_(request),
        graph_(expanded(request, kRows)),
        other_(expanded(request, kOtherRows)),
        names_(graph_->nodes().size()) {
    check(graph_->nodes().size() == other_->nodes().size(),
          "the trace depends on the number of rows");
  }

  std::string bytes() {
    find_fixed();
    compute_fixed();
    for (size_t i = 0; i < graph_->nodes().size(); ++i) {
      if (names_[i].empty()) write(static_cast<int>(i));
    }
    for (const auto& [name, value] : graph_->outputs()) write_output(in_file(name), value);
    return builder_.model(request_.name, request_.description, request_.metadata);
  }

 private:
  bool is_fixed_value(const Value& value) const {
    return fixed_[static_cast<size_t>(value.node_index())];
  }

  // Of a value that does not depend on the number of rows nor on an input.
  void find_fixed() {
    for (size_t i = 0; i < graph_->nodes().size(); ++i) {
      const Node& node = graph_->nodes()[i];
      bool fixed = node.op != &input_operator();
      for (const Value& input : node.inputs) fixed = fixed && is_fixed_value(input);
      const Node& twin = other_->nodes()[i];
      check(node.op == twin.op, "the trace depends on the number of rows");
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        fixed = fixed && node.outputs[k].shape == twin.outputs[k].shape;
      }
      fixed_.push_back(fixed);
    }
  }

  // Runs what is fixed and stores what others read of it.
  void compute_fixed() {
    Graph program_graph;
    std::vector<std::vector<Value>> values(graph_->nodes().size());
    const auto mapped = [&](const Value& value) {
      return values[static_cast<size_t>(value.node_index())]
                   [static_cast<size_t>(value.output_index())];
    };
    std::vector<bool> read(graph_->nodes().size(), false);
    const auto reads = [&](const Value& value) {
      if (!is_fixed_value(value)) return;
      check(value.output_index() == 0, "a stored value is an operator's second output");
      read[static_cast<size_t>(value.node_index())] = true;
    };
    for (size_t i = 0; i < graph_->nodes().size(); ++i) {
      const Node& node = graph_->nodes()[i];
      if (!fixed_[i]) {
        for (const Value& input : node.inputs) reads(input);
      } else if (node.op == &state_operator()) {
        values[i] = {program_graph.state(node.attributes.string("name"), node.outputs[0])};
      } else if (node.op == &constant_operator()) {
        values[i] = {program_graph.constant(node.outputs[0].shape, node.outputs[0].dtype,
                                            node.attributes.reals("values"))};
      } else {
        std::vector<Value> inputs;
        for (const Value& input : node.inputs) inputs.push_back(mapped(input));
        values[i] = program_graph.apply(*node.op, std::move(inputs), node.attributes);
      }
    }
    for (const auto& [name, value] : graph_->outputs()) reads(value);
    for (size_t i = 0; i < read.size(); ++i) {
      if (read[i]) program_graph.output(text(i), values[i][0]);
    }
    if (program_graph.outputs().empty()) return;
    Workspace workspace(compile(program_graph, {.rows_independent = false}), 1);
    for (const Binding& binding : workspace.program().states) {
      workspace.bind_state(binding.name, const_cast<void*>(request_.parameters));
    }
    workspace.run();
    for (size_t i = 0; i < read.size(); ++i) {
      if (!read[i]) continue;
      const TensorType& type = graph_->nodes()[i].outputs[0];
      const std::string_view stored(static_cast<const char*>(workspace.output(text(i))),
                                    type.bytes());
      names_[i] = builder_.constant(element_type(type.dtype), extents_of(type.shape), stored);
    }
  }

  void write(int index) {
    const auto i = static_cast<size_t>(index);
    const Node& node = graph_->nodes()[i];
    if (fixed_[i]) return;
    if (node.op == &input_operator()) {
      const Value value(graph_.get(), index, 0);
      const std::string& name = in_file(node.attributes.string("name")).in_file;
      builder_.input(name, element_type(value.dtype()), extents(value));
      if (rows_.empty()) {
        rows_ = builder_.node("Slice", {builder_.node("Shape", {name}), builder_.integers({0}),
                                        builder_.integers({1})});
      }
      names_[i] = name;
      return;
    }
    if (node.op == &constant_operator()) {
      fail(Code::unsupported, "a constant with a row an event (", node.scope,
           ") cannot be written as ONNX");
    }
    refuse_attributes_of_rows(node, other_->nodes()[i]);
    std::vector<std::string> inputs;
    for (const Value& input : node.inputs) inputs.push_back(name_of(input));
    const Emission emission{builder_, node, std::move(inputs), [this, index](bool may_infer) {
                              return extents_operand(index, may_infer);
                            }};
    if (node.outputs.size() == 1) names_[i] = emit(emission);
    if (names_[i].empty()) {
      fail(Code::unsupported, place(node),
           is_sequential(node)
               ? " takes a pass for each feature: it is no feed-forward computation "
                 "and cannot be written as ONNX"
               : " has no form in the basic operators of ONNX");
    }
  }

  const ExportRequest::Name& in_file(const std::string& name) const {
    const auto found =
        std::find_if(request_.names.begin(), request_.names.end(),
                     [&name](const ExportRequest::Name& each) { return each.in_graph == name; });
    check(found != request_.names.end(), "'", name, "' has no name in the file");
    return *found;
  }

  void write_output(const ExportRequest::Name& name, const Value& value) {
    std::vector<int64_t> shape = extents(value);
    if (name.column) {
      shape.pop_back();
      builder_.node_named(name.in_file, "Reshape", {name_of(value), builder_.integers({-1})});
    } else {
      builder_.node_named(name.in_file, "Identity", {name_of(value)});
    }
    builder_.output(name.in_file, element_type(value.dtype()), shape);
  }

  // Only extents may depend on the number of rows.
  static void refuse_attributes_of_rows(const Node& node, const Node& twin) {
    for (const auto& [name, value] : node.attributes.values()) {
      if (name != "shape" && !(twin.attributes.values().at(name) == value)) {
        fail(Code::unsupported, place(node), " depends on the number of events by its ", name,
             " and cannot be written as ONNX");
      }
    }
  }

  const std::string& name_of(const Value& value) const {
    return names_[static_cast<size_t>(value.node_index())];
  }

  // How often an extent holds the number of rows; nothing where it does not depend on it.
  std::optional<int64_t> multiple(const Value& value, int axis) const {
    const Value twin(other_.get(), value.node_index(), value.output_index());
    const int64_t a = value.shape()[axis];
    const int64_t b = twin.shape()[axis];
    if (a == b) return std::nullopt;
    check(a % kRows == 0 && a / kRows * kOtherRows == b, "an extent is no multiple of the rows");
    return a / kRows;
  }

  std::vector<int64_t> extents(const Value& value) const {
    std::vector<int64_t> out;
    for (int axis = 0; axis < value.shape().rank(); ++axis) {
      out.push_back(multiple(value, axis) ? kAnyRows : value.shape()[axis]);
    }
    return out;
  }

  std::string extents_operand(int index, bool may_infer) {
    const Value value(graph_.get(), index, 0);
    const std::vector<int64_t> known = extents(value);
    const auto unknown = std::count(known.begin(), known.end(), kAnyRows);
    if (unknown == 0 || (may_infer && unknown == 1)) return builder_.integers(known);
    std::vector<std::string> parts;
    for (int axis = 0; axis < value.shape().rank(); ++axis) {
      const std::optional<int64_t> times = multiple(value, axis);
      if (!times) {
        parts.push_back(builder_.integers({value.shape()[axis]}));
      } else {
        parts.push_back(*times == 1 ? rows_
                                    : builder_.node("Mul", {rows_, builder_.integers({*times})}));
      }
    }
    return parts.size() == 1 ? parts[0] : builder_.node("Concat", parts, {{"axis", int64_t{0}}});
  }

  const ExportRequest& request_;
  std::unique_ptr<Graph> graph_;
  std::unique_ptr<Graph> other_;
  Builder builder_;
  std::vector<bool> fixed_;
  std::vector<std::string> names_;  // of each node's output
  std::string rows_;                // the number of events, of shape [1]
};

}  // namespace

std::string export_model(const ExportRequest& request) { return Exporter(request).bytes(); }

}  // namespace castalia::onnx
