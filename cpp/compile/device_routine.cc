#include "cpp/compile/device_routine.h"

#include "cpp/base/status.h"

namespace castalia {

DeviceRoutine::DeviceRoutine(const Graph& function, const CompileOptions& options) {
  CompileOptions own = options;
  own.states_fixed = false;
  program_ = compile(function, own);
  constexpr size_t kBoundary = 256;  // of the device's memory
  arena_bytes_ = (program_->arena_bytes + kBoundary - 1) / kBoundary * kBoundary;
}

double DeviceRoutine::flops() const {
  double sum = 0;
  for (const Step& step : program_->steps) sum += step.flops;
  return sum;
}

DeviceRoutine::Call::Call(const DeviceRoutine& routine, std::byte* memory,
                          const void* const* states, Queue& queue)
    : routine_(routine), memory_(memory), states_(states), queue_(queue) {
  for (const Step& step : routine_.program_->steps) {
    check(!step.kernel->waits(), "a kernel that waits stands inside another");
    for (const Location& input : step.inputs) table_.push_back(resolve(input));
    for (const Location& output : step.outputs) table_.push_back(resolve(output));
  }
}

std::byte* DeviceRoutine::Call::resolve(const Location& location) const {
  switch (location.storage) {
    case Location::Storage::arena: return memory_ + location.offset;
    case Location::Storage::constants:
      return routine_.program_->device_constants.data() + location.offset;
    case Location::Storage::state: {
      const auto* state = static_cast<const std::byte*>(states_[location.number]);
      return const_cast<std::byte*>(state) + location.offset;  // which is only read
    }
    case Location::Storage::prepared: break;
  }
  fail(Code::internal, "a kernel of a device reads an operand in a form of its own");
}

void* DeviceRoutine::Call::input(size_t number) const {
  return resolve(routine_.program_->inputs[number].location);
}

const void* DeviceRoutine::Call::output(size_t number) const {
  return resolve(routine_.program_->outputs[number].location);
}

void DeviceRoutine::Call::add_steps() {
  void** table = table_.data();
  for (const Step& step : routine_.program_->steps) {
    void** inputs = table;
    void** outputs = inputs + step.inputs.size();
    table = outputs + step.outputs.size();
    step.kernel->run({inputs, outputs, memory_ + routine_.arena_bytes_, queue_.stream(), &queue_},
                     0, 1);
  }
}

void DeviceRoutine::Call::run() {
  // Kernels may set themselves up in their first run, which a recording does not allow.
  if (has_run_ && !recording_) recording_ = queue_.record([this] { add_steps(); });
  if (recording_) {
    recording_->replay();
  } else {
    add_steps();
  }
  has_run_ = true;
}

}  // namespace castalia
