#include "cpp/compile/routine.h"

#include <algorithm>

namespace castalia {
namespace {

bool all_of(const std::vector<bool>& values) {
  return std::all_of(values.begin(), values.end(), [](bool value) { return value; });
}

// The preparation of each state. Empty when a state would be wanted in two forms.
std::vector<int> preparations(const Program& program) {
  std::vector<int> of_state(program.states.size(), -1);
  std::vector<bool> read_as_it_is(of_state.size(), false);
  for (size_t i = 0; i < program.preparations.size(); ++i) {
    int& one = of_state[static_cast<size_t>(program.preparations[i].source.number)];
    if (one >= 0) return {};
    one = static_cast<int>(i);
  }
  const auto note = [&](const Location& location) {
    if (location.storage == Location::Storage::state) {
      read_as_it_is[static_cast<size_t>(location.number)] = true;
    }
  };
  for (const Step& step : program.steps) {
    for (const Location& input : step.inputs) note(input);
  }
  for (const Binding& output : program.outputs) note(output.location);
  for (size_t i = 0; i < of_state.size(); ++i) {
    if (of_state[i] >= 0 && read_as_it_is[i]) return {};
  }
  return of_state;
}

}  // namespace

Routine::Routine(const Graph& function, const CompileOptions& options, std::vector<bool> fixed) {
  // Rows stand in other places of the tiles when there are more of them.
  CompileOptions own = options;
  own.rows_independent = true;
  own.states_fixed = options.states_fixed && all_of(fixed);
  program_ = compile(function, own);
  preparation_of_ = preparations(*program_);
  if (preparation_of_.empty() && !program_->states.empty()) {
    own.states_fixed = false;
    program_ = compile(function, own);
    preparation_of_ = preparations(*program_);
  }
  size_t pointers = 0;
  for (const Step& step : program_->steps) pointers += step.inputs.size() + step.outputs.size();
  arena_bytes_ = padded_bytes(program_->arena_bytes);
  scratch_bytes_ = padded_bytes(program_->scratch_bytes);
  table_bytes_ = padded_bytes(pointers * sizeof(void*));
}

const Preparation* Routine::preparation(size_t state) const {
  const int found = preparation_of_[state];
  return found < 0 ? nullptr : &program_->preparations[static_cast<size_t>(found)];
}

double Routine::flops() const {
  double sum = 0;
  for (const Step& step : program_->steps) sum += step.flops;
  return sum;
}

const void* Routine::resolve(const Location& location, std::byte* memory,
                             const void* const* states) const {
  const std::byte* base = memory;
  switch (location.storage) {
    case Location::Storage::arena: break;
    case Location::Storage::constants: base = program_->constants(); break;
    case Location::Storage::state:
      base = static_cast<const std::byte*>(states[location.number]);
      break;
    case Location::Storage::prepared:
      return states[program_->preparations[static_cast<size_t>(location.number)].source.number];
  }
  return base + location.offset;
}

Routine::Call Routine::call(std::byte* memory, const void* const* states) const {
  Call call;
  call.routine_ = this;
  call.memory_ = memory;
  call.states_ = states;
  auto* table = reinterpret_cast<const void**>(memory + arena_bytes_ + scratch_bytes_);
  for (const Step& step : program_->steps) {
    for (const Location& input : step.inputs) *table++ = resolve(input, memory, states);
    for (const Location& output : step.outputs) *table++ = resolve(output, memory, states);
  }
  return call;
}

void* Routine::Call::input(size_t number) const {
  return memory_ + routine_->program_->inputs[number].location.offset;
}

const void* Routine::Call::output(size_t number) const {
  return routine_->resolve(routine_->program_->outputs[number].location, memory_, states_);
}

void Routine::Call::run() const {
  auto* table =
      reinterpret_cast<void**>(memory_ + routine_->arena_bytes_ + routine_->scratch_bytes_);
  std::byte* scratch = memory_ + routine_->arena_bytes_;
  for (const Step& step : routine_->program_->steps) {
    void** inputs = table;
    void** outputs = inputs + step.inputs.size();
    table = outputs + step.outputs.size();
    step.kernel->run({inputs, outputs, scratch}, 0, step.kernel->tiles());
  }
}

}  // namespace castalia
