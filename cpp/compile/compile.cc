#include "cpp/compile/compile.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/thread_pool.h"
#include "cpp/compile/elementwise_step.h"
#include "cpp/compile/lower.h"
#include "cpp/compile/memory_plan.h"
#include "cpp/compile/ode_kernels.h"
#include "cpp/compile/schedule.h"
#include "cpp/runtime/cpu/onednn_library.h"
#include "cpp/runtime/device.h"

namespace castalia {
namespace {

// Another thread is woken for every so much work: for less, waking it costs more than it saves.
constexpr double kThreadFlops = 2e5;
constexpr double kThreadBytes = 64 * 1024;

// Never from what the machine has, so that a plan reads the same everywhere.
int threads_worth_waking(const Step& step) {
  constexpr double kMost = ThreadPool::kAll;
  const double shares = std::max(step.flops / kThreadFlops, step.bytes / kThreadBytes);
  const auto tiles = static_cast<double>(step.kernel->tiles());
  return static_cast<int>(std::max(1.0, std::min({shares, tiles, kMost})));
}

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
      : graph_(graph),
        options_(options),
        schedule_(schedule(graph, options.fuse, kernel_fusion(options))) {}

  std::shared_ptr<const Program> run() {
    place_states();
    for (size_t i = 0; i < schedule_.groups.size(); ++i) add_group(static_cast<int>(i));
    place_assignments();
    place_arena();
    for (PendingStep& pending : pending_) finish(pending);
    for (const Value& value : graph_.inputs()) bind(program_->inputs, input_name(value), value);
    for (const auto& [name, value] : graph_.outputs()) bind(program_->outputs, name, value);
    write_constants();
    if (options_.device != nullptr) move_to_device();
    return std::move(program_);
  }

 private:
  struct PendingStep {
    Step step;
    std::vector<View> inputs;
    std::vector<TensorType> input_types;  // as the kernel sees them
    std::vector<Value> outputs;
    // Per input: element-wise and read at the index that is written, so it may be overwritten.
    std::vector<bool> in_place;
    // Per input, where there are any: the preparation that the kernel reads instead, or -1.
    std::vector<int> prepared;
  };

  static KernelFusion kernel_fusion(const CompileOptions& options) {
    const auto chosen_has = [&options](auto KernelCandidate::*creation) {
      return [&options, creation](const Node& node) {
        if (is_ode(node)) return false;
        const KernelCandidate* candidate = choose_kernel(node, options).candidate;
        return candidate != nullptr && candidate->*creation != nullptr;
      };
    };
    return {chosen_has(&KernelCandidate::create_with_epilogue),
            chosen_has(&KernelCandidate::create_with_prologue)};
  }

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
      for (size_t place = 0; place < group.nodes.size(); ++place) {
        for (const Value& input : graph_.node(group.nodes[place]).inputs) {
          const Value base = read_by(graph_, group, place, input).base;
          consumers_[key(base)].push_back(static_cast<int>(g));
        }
      }
    }
    for (const auto& [name, value] : graph_.outputs())
      consumers_[key(view_of(value).base)].push_back(-1);
    for (const auto& [state, value] : graph_.assignments()) {
      consumers_[key(view_of(value).base)].push_back(-1);
    }
  }

  void add_group(int index) {
    const Group& group = schedule_.groups[static_cast<size_t>(index)];
    PendingStep pending;
    pending.step.scope = graph_.node(group.nodes[0]).scope;
    if (group.elementwise) {
      fill_elementwise(group, index, pending);
    } else if (group.head > 0) {
      fill_with_prologue(group, index, pending);
    } else if (group.nodes.size() > 1) {
      fill_with_epilogue(group, index, pending);
    } else {
      const Node& node = graph_.node(group.nodes[0]);
      ChosenKernel chosen = choose_kernel(node, options_);
      if (!chosen.kernel) fail(Code::internal, "no kernel computes operator '", node.op->name, "'");
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        pending.outputs.push_back(value_of(group.nodes[0], static_cast<int>(k)));
      }
      fill_kernel(node, std::move(chosen), pending);
    }
    pending_.push_back(std::move(pending));
  }

  Value value_of(int node, int output = 0) const {
    return Value(const_cast<Graph*>(&graph_), node, output);
  }

  // What these nodes of a group compute that is read outside it.
  std::vector<Value> results_of(std::span<const int> nodes, int index) {
    std::vector<Value> results;
    for (const int node : nodes) {
      const Value value = value_of(node);
      if (is_read_outside(value, index)) results.push_back(value);
    }
    return results;
  }

  void fill_elementwise(const Group& group, int index, PendingStep& pending) {
    pending.outputs = results_of(group.nodes, index);
    ElementwiseStep made = make_elementwise_step(graph_, group.nodes, pending.outputs);
    pending.step.kernel = options_.device == nullptr
                              ? cpu::make_fused_kernel(made.program)
                              : options_.device->make_fused_kernel(made.program);
    pending.step.kernel_name = "fused";
    pending.step.label = made.label;
    pending.step.flops = made.flops;
    pending.inputs = std::move(made.operands);
    pending.input_types = std::move(made.types);
    pending.in_place = std::move(made.in_place);
  }

  void fill_kernel(const Node& node, ChosenKernel chosen, PendingStep& pending) {
    pending.step.flops = chosen.kernel->flops();
    pending.step.kernel = std::move(chosen.kernel);
    pending.step.kernel_name = chosen.candidate->name;
    pending.step.label = node.op->name;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      pending.inputs.push_back(view_of(node.inputs[k]));
      pending.input_types.push_back(node.inputs[k].type());
      pending.prepared.push_back(preparation(*pending.step.kernel, node, static_cast<int>(k)));
    }
    pending.in_place.assign(pending.inputs.size(), false);
  }

  // A kernel and the element-wise nodes after it. One of the results is of the type that the kernel
  // makes, so that there is a place to make it: its own if need be.
  void fill_with_epilogue(const Group& group, int index, PendingStep& pending) {
    const int head = group.nodes[0];
    const Node& node = graph_.node(head);
    pending.outputs = results_of(group.nodes, index);
    const bool has_place =
        std::any_of(pending.outputs.begin(), pending.outputs.end(),
                    [&](Value result) { return result.dtype() == node.outputs[0].dtype; });
    if (!has_place) pending.outputs.insert(pending.outputs.begin(), value_of(head));
    ElementwiseStep made =
        make_elementwise_step(graph_, std::span(group.nodes).subspan(1), pending.outputs, head);
    fill_kernel(node, choose_with_epilogue(node, options_, made.program), pending);
    pending.step.label += " + " + made.label;
    for (size_t k = 0; k < made.operands.size(); ++k) {
      pending.inputs.push_back(made.operands[k]);
      pending.input_types.push_back(made.types[k]);
      pending.prepared.push_back(-1);
    }
    pending.in_place.assign(pending.inputs.size(), false);
  }

  // A kernel of one operand and the element-wise nodes before it that compute that.
  void fill_with_prologue(const Group& group, int index, PendingStep& pending) {
    const Node& node = graph_.node(group.nodes[group.head]);
    const std::span<const int> chain = std::span(group.nodes).first(group.head);
    const std::vector<Value> further = results_of(chain, index);
    std::vector<Value> results = {view_of(node.inputs[0]).base};
    results.insert(results.end(), further.begin(), further.end());
    ElementwiseStep made = make_elementwise_step(graph_, chain, results);
    ChosenKernel chosen = choose_with_prologue(node, options_, made.program);
    pending.step.flops = chosen.kernel->flops();
    pending.step.kernel = std::move(chosen.kernel);
    pending.step.kernel_name = chosen.candidate->name;
    pending.step.label = made.label + " + " + node.op->name;
    pending.inputs = std::move(made.operands);
    pending.input_types = std::move(made.types);
    pending.in_place.assign(pending.inputs.size(), false);
    pending.outputs = {value_of(group.nodes[group.head])};
    pending.outputs.insert(pending.outputs.end(), further.begin(), further.end());
  }

  // The preparation that a kernel reads as this input, which several kernels may share; -1 when it
  // reads the operand itself.
  int preparation(const Kernel& kernel, const Node& node, int input) {
    const Value operand = node.inputs[static_cast<size_t>(input)];
    if (!is_fixed(operand, options_)) return -1;
    const std::string form = kernel.prepared_form(input);
    if (form.empty()) return -1;
    const View view = view_of(operand);
    Preparation made;
    made.form = text(input_name(view.base), " from ", view.offset, ": ", form);
    std::vector<Preparation>& all = program_->preparations;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].form == made.form) return static_cast<int>(i);
    }
    made.source = locate(view);
    made.bytes = kernel.prepared_bytes(input);
    made.kernel = &kernel;
    made.input = input;
    all.push_back(std::move(made));
    return static_cast<int>(all.size()) - 1;
  }

  void place_states() {
    for (const Value& state : graph_.states()) {
      Location location;
      location.storage = Location::Storage::state;
      location.number = static_cast<int>(program_->states.size());
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
      const size_t bytes = state.type().bytes();
      if (options_.device == nullptr) {
        copy.step.kernel = std::make_unique<CopyKernel>(bytes);
      } else {
        copy.step.kernel = options_.device->make_copy_kernel(bytes);
      }
      copy.step.kernel_name = "copy";
      copy.step.label = "assign";
      copy.inputs = {view};
      copy.input_types = {state.type()};
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
    for (const Value& input : graph_.inputs())
      lifetimes[key(input)] = {input.type().bytes(), -1, end};
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
    const std::map<ValueKey, ValueKey> taken_over = overwrite_operands(lifetimes);
    std::vector<Lifetime> list;
    for (const auto& [value, lifetime] : lifetimes) list.push_back(lifetime);
    const MemoryPlan plan = plan_memory(list);
    size_t i = 0;
    for (const auto& [value, lifetime] : lifetimes) {
      locations_[value] = {Location::Storage::arena, 0, plan.offsets[i++]};
    }
    for (const auto& [value, owner] : taken_over) locations_[value] = locations_.at(owner);
    program_->arena_bytes = plan.bytes;
  }

  // An element-wise step writes its result over an operand that nothing reads later. Joins the two
  // lifetimes; returns for each such result whose memory it takes.
  std::map<ValueKey, ValueKey> overwrite_operands(std::map<ValueKey, Lifetime>& lifetimes) const {
    std::map<ValueKey, ValueKey> owner_of;
    const auto owner = [&](Value value) {
      const auto found = owner_of.find(key(value));
      return found == owner_of.end() ? key(value) : found->second;
    };
    for (size_t i = 0; i < pending_.size(); ++i) {
      const PendingStep& pending = pending_[i];
      const int step = static_cast<int>(i);
      for (const Value& output : pending.outputs) {
        const auto own = lifetimes.find(key(output));
        if (own == lifetimes.end()) continue;
        for (size_t k = 0; k < pending.inputs.size(); ++k) {
          const ValueKey candidate = owner(pending.inputs[k].base);
          const auto operand = lifetimes.find(candidate);
          if (operand == lifetimes.end() || operand->second.last != step ||
              operand->second.first == step || operand->second.bytes != own->second.bytes ||
              !overwritable(pending, candidate, owner)) {
            continue;
          }
          operand->second.last = own->second.last;
          owner_of[key(output)] = candidate;
          lifetimes.erase(own);
          break;
        }
      }
    }
    return owner_of;
  }

  // Whether the step reads this memory only where it writes.
  template <typename Owner>
  static bool overwritable(const PendingStep& pending, const ValueKey& memory, const Owner& owner) {
    for (size_t k = 0; k < pending.inputs.size(); ++k) {
      if (owner(pending.inputs[k].base) == memory && !pending.in_place[k]) return false;
    }
    return true;
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

  void move_to_device() {
    program_->device = options_.device;
    if (constant_end_ == 0) return;
    program_->device_constants = DeviceMemory(*options_.device, constant_end_);
    const std::unique_ptr<Queue> queue = options_.device->make_queue();
    queue->upload(program_->device_constants.data(), program_->constants(), constant_end_);
    queue->wait();
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
    for (size_t k = 0; k < pending.inputs.size(); ++k) {
      const View& input = pending.inputs[k];
      const int prepared = pending.prepared.empty() ? -1 : pending.prepared[k];
      step.inputs.push_back(prepared < 0 ? locate(input)
                                         : Location{Location::Storage::prepared, prepared, 0});
      step.input_types.push_back(pending.input_types[k]);
      step.bytes += static_cast<double>(pending.input_types[k].bytes());
    }
    for (const Value& output : pending.outputs) {
      step.outputs.push_back(locate({output, 0}));
      step.output_types.push_back(output.type());
      step.bytes += static_cast<double>(output.type().bytes());
    }
    step.threads = threads_worth_waking(step);
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
  ScheduledSteps schedule_;
  std::shared_ptr<Program> program_ = std::make_shared<Program>();
  std::vector<PendingStep> pending_;
  std::map<ValueKey, Location> locations_;
  std::map<ValueKey, std::vector<int>> consumers_;
  std::vector<std::pair<Value, View>> copies_;
  std::vector<Constant> constants_;
  size_t constant_end_ = 0;
};

}  // namespace

void require_products(Products products, const Device* device) {
  if (device != nullptr) return;  // whatever CUDA 13 runs on that our kernels are built for has all
  if (products == Products::tf32) {
    fail(Code::device_unavailable,
         "products in tf32: the processor has none; a CUDA device computes them");
  }
  std::string reason;
  if (products == Products::bfloat16 && !cpu::has_bfloat16_products(&reason)) {
    fail(Code::device_unavailable, "products in bfloat16: ", reason);
  }
}

std::shared_ptr<const Program> compile(const Graph& graph, const CompileOptions& options) {
  require_products(options.products, options.device);
  Graph lowered;
  lower(graph, options, lowered);
  std::shared_ptr<const Program> program = Compiler(lowered, options).run();
  if (verbose("plan")) std::fputs(describe(*program).c_str(), stderr);
  return program;
}

}  // namespace castalia
