#include "cpp/compile/compile.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/compile/elementwise_step.h"
#include "cpp/compile/lower.h"
#include "cpp/compile/memory_plan.h"
#include "cpp/compile/schedule.h"

namespace castalia {
namespace {

// A step with less work than this runs on one thread: waking another costs more.
constexpr double kParallelFlops = 4e5;
constexpr double kParallelBytes = 128 * 1024;

using ValueKey = std::pair<int, int>;
ValueKey key(Value value) { return {value.node_index(), value.output_index()}; }

// Copies a tensor, for results that no kernel writes in their place.
class CopyKernel : public Kernel {
 public:
  explicit CopyKernel(size_t bytes) : bytes_(bytes) {}
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    if (bytes_ > 0) std::memcpy(arguments.outputs[0], arguments.inputs[0], bytes_);
  }

 private:
  size_t bytes_;
};

class Compiler {
 public:
  Compiler(const Graph& graph, const CompileOptions& options)
      : graph_(graph), options_(options), schedule_(schedule(graph, options.fuse)) {}

  std::shared_ptr<const Program> run() {
    for (size_t i = 0; i < schedule_.groups.size(); ++i) add_group(static_cast<int>(i));
    place_states();
    place_assignments();
    place_arena();
    for (PendingStep& pending : pending_) finish(pending);
    for (const Value& value : graph_.inputs()) bind(program_->inputs, input_name(value), value);
    for (const auto& [name, value] : graph_.outputs()) bind(program_->outputs, name, value);
    write_constants();
    return std::move(program_);
  }

 private:
  struct PendingStep {
    Step step;
    std::vector<View> inputs;
    std::vector<Value> outputs;
    // Per input: element-wise and read at the index that is written, so it may be overwritten.
    std::vector<bool> in_place;
  };

  static std::string input_name(Value value) { return value.node().attributes.string("name"); }

  int producer(Value base) const {
    return schedule_.group_of[static_cast<size_t>(base.node_index())];
  }

  // Outputs of a group that something outside it reads.
  bool is_read_outside(Value value, int group) {
    if (consumers_.empty()) index_consumers();
    const auto found = consumers_.find(key(value));
    if (found == consumers_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](int reader) { return reader != group; });
  }

  // Which groups read a tensor; -1 stands for the caller.
  void index_consumers() {
    for (size_t g = 0; g < schedule_.groups.size(); ++g) {
      const Group& group = schedule_.groups[g];
      for (const int index : group.nodes) {
        for (const Value& input : graph_.node(index).inputs) {
          const Value base = group.elementwise ? operand_of(input).view.base : view_of(input).base;
          consumers_[key(base)].push_back(static_cast<int>(g));
        }
      }
    }
    for (const auto& [name, value] : graph_.outputs()) consumers_[key(view_of(value).base)].push_back(-1);
    for (const auto& [state, value] : graph_.assignments()) {
      consumers_[key(view_of(value).base)].push_back(-1);
    }
  }

  void add_group(int index) {
    const Group& group = schedule_.groups[static_cast<size_t>(index)];
    const Node& first = graph_.node(group.nodes[0]);
    PendingStep pending;
    pending.step.scope = first.scope;
    if (group.elementwise) {
      std::vector<Value> results;
      for (const int node : group.nodes) {
        const Value value(const_cast<Graph*>(&graph_), node, 0);
        if (is_read_outside(value, index)) results.push_back(value);
      }
      ElementwiseStep made = make_elementwise_step(graph_, group.nodes, results);
      pending.step.kernel = std::move(made.kernel);
      pending.step.kernel_name = "fused";
      pending.step.label = made.label;
      pending.step.flops = made.flops;
      pending.inputs = std::move(made.operands);
      pending.in_place = std::move(made.in_place);
      pending.outputs = std::move(results);
    } else {
      ChosenKernel chosen = choose_kernel(first, options_);
      if (!chosen.kernel) fail(Code::internal, "no kernel computes operator '", first.op->name, "'");
      pending.step.flops = chosen.kernel->flops();
      pending.step.kernel = std::move(chosen.kernel);
      pending.step.kernel_name = chosen.name;
      pending.step.label = first.op->name;
      for (const Value& input : first.inputs) pending.inputs.push_back(view_of(input));
      pending.in_place.assign(first.inputs.size(), false);
      for (size_t k = 0; k < first.outputs.size(); ++k) {
        pending.outputs.emplace_back(const_cast<Graph*>(&graph_), group.nodes[0], static_cast<int>(k));
      }
    }
    pending_.push_back(std::move(pending));
  }

  void place_states() {
    for (const Value& state : graph_.states()) {
      Location location;
      location.storage = Location::Storage::state;
      location.state = static_cast<int>(program_->states.size());
      locations_[key(state)] = location;
      program_->states.push_back({input_name(state), state.type(), {}});
    }
  }

  // The new value of a state is written straight into it where nothing reads the old one later;
  // otherwise it is copied there when all is done.
  void place_assignments() {
    for (const auto& [state, value] : graph_.assignments()) {
      const View view = view_of(value);
      if (can_write_in_place(state, value, view)) {
        locations_[key(view.base)] = locations_.at(key(state));
      } else {
        copies_.emplace_back(state, view);
      }
    }
    for (const auto& [state, view] : copies_) {
      check(view.base.node().op != &state_operator(), "a state cannot take the value of another");
      PendingStep copy;
      copy.step.kernel = std::make_unique<CopyKernel>(state.type().bytes());
      copy.step.kernel_name = "copy";
      copy.step.label = "assign";
      copy.inputs = {view};
      copy.in_place = {false};
      copy.outputs = {state};
      pending_.push_back(std::move(copy));
    }
  }

  bool can_write_in_place(Value state, Value value, const View& view) const {
    if (!(view.base == value) || is_source(value) || locations_.count(key(value)) > 0) return false;
    for (const auto& [name, output] : graph_.outputs()) {
      const Value base = view_of(output).base;
      if (base == value || base == state) return false;
    }
    for (const auto& [other, assigned] : graph_.assignments()) {
      if (!(other == state) && view_of(assigned).base == value) return false;
    }
    const int writer = producer(value);
    for (size_t i = 0; i < pending_.size(); ++i) {
      const PendingStep& pending = pending_[i];
      for (size_t k = 0; k < pending.inputs.size(); ++k) {
        if (!(pending.inputs[k].base == state)) continue;
        const int reader = static_cast<int>(i);
        if (reader > writer || (reader == writer && !pending.in_place[k])) return false;
      }
    }
    return true;
  }

  void place_arena() {
    std::map<ValueKey, Lifetime> lifetimes;
    const int end = std::numeric_limits<int>::max();
    for (const Value& input : graph_.inputs()) lifetimes[key(input)] = {input.type().bytes(), -1, end};
    for (size_t i = 0; i < pending_.size(); ++i) {
      const int step = static_cast<int>(i);
      for (const Value& output : pending_[i].outputs) {
        if (locations_.count(key(output)) == 0) {
          lifetimes[key(output)] = {output.type().bytes(), step, step};
        }
      }
      for (const View& input : pending_[i].inputs) {
        const auto found = lifetimes.find(key(input.base));
        if (found != lifetimes.end()) found->second.last = std::max(found->second.last, step);
      }
    }
    for (const auto& [name, value] : graph_.outputs()) {
      const auto found = lifetimes.find(key(view_of(value).base));
      if (found != lifetimes.end()) found->second.last = end;
    }
    std::vector<Lifetime> list;
    for (const auto& [value, lifetime] : lifetimes) list.push_back(lifetime);
    const MemoryPlan plan = plan_memory(list);
    size_t i = 0;
    for (const auto& [value, lifetime] : lifetimes) {
      locations_[value] = {Location::Storage::arena, 0, plan.offsets[i++]};
    }
    program_->arena_bytes = plan.bytes;
  }

  Location locate(const View& view) {
    auto found = locations_.find(key(view.base));
    if (found == locations_.end()) {
      check(is_constant(view.base), "'", view.base.node().op->name, "' has no place in memory");
      found = locations_.emplace(key(view.base), add_constant(view.base)).first;
    }
    Location location = found->second;
    location.offset += static_cast<size_t>(view.offset) * size_of(view.base.dtype());
    return location;
  }

  Location add_constant(Value value) {
    const std::vector<double>& values = value.node().attributes.reals("values");
    const size_t offset = constant_end_;
    constant_end_ += padded_bytes(value.type().bytes());
    // The vector is larger by one alignment: Program::constants() rounds its start up.
    program_->constant_bytes.resize(constant_end_ + kBufferAlignment);
    constants_.push_back({offset, value.dtype(), &values});
    return {Location::Storage::constants, 0, offset};
  }

  // Only when the vector that holds them no longer moves.
  void write_constants() {
    std::byte* start = const_cast<std::byte*>(program_->constants());
    for (const Constant& constant : constants_) {
      std::byte* out = start + constant.offset;
      for (const double value : *constant.values) out = write_element(out, constant.dtype, value);
    }
  }

  static std::byte* write_element(std::byte* out, DType dtype, double value) {
    const auto put = [&](auto element) {
      std::memcpy(out, &element, sizeof element);
      return out + sizeof element;
    };
    switch (dtype) {
      case DType::float32: return put(static_cast<float>(value));
      case DType::float64: return put(value);
      case DType::int32: return put(static_cast<int32_t>(value));
      case DType::int64: return put(static_cast<int64_t>(value));
    }
    return out;
  }

  void finish(PendingStep& pending) {
    Step& step = pending.step;
    for (const View& input : pending.inputs) {
      step.inputs.push_back(locate(input));
      step.bytes += static_cast<double>(input.base.type().bytes());
    }
    for (const Value& output : pending.outputs) {
      step.outputs.push_back(locate({output, 0}));
      step.output_types.push_back(output.type());
      step.bytes += static_cast<double>(output.type().bytes());
    }
    step.parallel = step.kernel->tiles() > 1 &&
                    (step.flops >= kParallelFlops || step.bytes >= kParallelBytes);
    program_->scratch_bytes = std::max(program_->scratch_bytes, step.kernel->scratch_bytes());
    program_->steps.push_back(std::move(step));
  }

  void bind(std::vector<Binding>& bindings, const std::string& name, Value value) {
    bindings.push_back({name, value.type(), locate(view_of(value))});
  }

  struct Constant {
    size_t offset;
    DType dtype;
    const std::vector<double>* values;
  };

  const Graph& graph_;
  const CompileOptions& options_;
  Schedule schedule_;
  std::shared_ptr<Program> program_ = std::make_shared<Program>();
  std::vector<PendingStep> pending_;
  std::map<ValueKey, Location> locations_;
  std::map<ValueKey, std::vector<int>> consumers_;
  std::vector<std::pair<Value, View>> copies_;
  std::vector<Constant> constants_;
  size_t constant_end_ = 0;
};

}  // namespace

std::shared_ptr<const Program> compile(const Graph& graph, const CompileOptions& options) {
  Graph lowered;
  lower(graph, options, lowered);
  return Compiler(lowered, options).run();
}

}  // namespace castalia
