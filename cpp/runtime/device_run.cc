#include "cpp/runtime/device_run.h"

#include <algorithm>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/not_finite.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

size_t aligned(size_t bytes) { return (bytes + 255) / 256 * 256; }

// The place of a binding among others.
size_t number_of(const std::vector<Binding>& bindings, const std::string& name) {
  return static_cast<size_t>(&find_binding(bindings, name) - bindings.data());
}

}  // namespace

DeviceRun::DeviceRun(std::shared_ptr<const Program> program, Arena& arena,
                     std::span<StateMemory* const> states)
    : program_(std::move(program)),
      arena_(arena),
      queue_(arena.queue()),
      assigned_(states.size(), false),
      scratch_offset_(aligned(program_->arena_bytes)),
      state_data_(states.size(), nullptr) {
  size_t bytes = 0;
  const auto place = [&bytes](const std::vector<Binding>& bindings, std::vector<Staged>& staged) {
    for (const Binding& binding : bindings) {
      staged.push_back({bytes, binding.type.bytes()});
      bytes += padded_bytes(binding.type.bytes());
    }
  };
  place(program_->inputs, inputs_);
  place(program_->outputs, outputs_);
  staging_ = std::make_unique<StagingMemory>(*program_->device, std::max<size_t>(bytes, 1));
  for (const Step& step : program_->steps) {
    pointers_.push_back(
        {std::vector<const void*>(step.inputs.size()), std::vector<void*>(step.outputs.size())});
    can_record_ = can_record_ && !step.kernel->waits();
    for (const Location& output : step.outputs) {
      if (output.storage == Location::Storage::state) {
        assigned_[static_cast<size_t>(output.number)] = true;
      }
    }
  }
}

void* DeviceRun::input(const std::string& name) {
  if (running_) wait();  // what was written before may not have been read yet
  return staging_->data() + inputs_[number_of(program_->inputs, name)].offset;
}

const void* DeviceRun::output(const std::string& name) {
  if (!fetched_) {
    for (size_t i = 0; i < outputs_.size(); ++i) {
      queue_.download(staging_->data() + outputs_[i].offset, resolve(program_->outputs[i].location),
                      outputs_[i].bytes);
    }
    wait();
    fetched_ = true;
  }
  return staging_->data() + outputs_[number_of(program_->outputs, name)].offset;
}

void DeviceRun::wait() {
  queue_.wait();
  running_ = false;
}

std::byte* DeviceRun::resolve(const Location& location) const {
  switch (location.storage) {
    case Location::Storage::arena: return arena_data_ + location.offset;
    case Location::Storage::constants: return program_->device_constants.data() + location.offset;
    case Location::Storage::state:
      return state_data_[static_cast<size_t>(location.number)] + location.offset;
    case Location::Storage::prepared: break;
  }
  fail(Code::internal, "a kernel of a device reads an operand in a form of its own");
}

// Finds all memory; what was recorded is void when any has moved.
void DeviceRun::place_all(std::span<StateMemory* const> states) {
  std::byte* arena = arena_.reserve(scratch_offset_ + aligned(program_->scratch_bytes));
  bool moved = arena != arena_data_;
  arena_data_ = arena;
  for (size_t i = 0; i < states.size(); ++i) {
    check(states[i] != nullptr, "a Program runs before all its states are bound");
    std::byte* data = states[i]->on_device(queue_, assigned_[i]);
    moved = moved || data != state_data_[i];
    state_data_[i] = data;
  }
  if (!moved) return;
  recording_.reset();
  has_run_ = false;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    for (size_t k = 0; k < step.inputs.size(); ++k) {
      pointers_[i].inputs[k] = resolve(step.inputs[k]);
    }
    for (size_t k = 0; k < step.outputs.size(); ++k) {
      pointers_[i].outputs[k] = resolve(step.outputs[k]);
    }
  }
}

void DeviceRun::upload_inputs() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    queue_.upload(resolve(program_->inputs[i].location), staging_->data() + inputs_[i].offset,
                  inputs_[i].bytes);
  }
}

void DeviceRun::add_step(size_t index) {
  program_->steps[index].kernel->run(
      {pointers_[index].inputs.data(), pointers_[index].outputs.data(),
       arena_data_ + scratch_offset_, queue_.stream(), &queue_},
      0, 1);
}

void DeviceRun::add_all() {
  for (size_t i = 0; i < pointers_.size(); ++i) add_step(i);
}

void DeviceRun::run(std::span<StateMemory* const> states) {
  place_all(states);
  upload_inputs();
  // Kernels may set themselves up in their first run, which a recording does not allow.
  if (has_run_ && can_record_ && !recording_) recording_ = queue_.record([this] { add_all(); });
  if (recording_) {
    recording_->replay();
  } else {
    add_all();
  }
  has_run_ = true;
  running_ = true;
  fetched_ = false;
}

std::string DeviceRun::first_not_finite(std::span<StateMemory* const> states) {
  place_all(states);
  upload_inputs();
  NotFiniteSearch search;
  std::vector<std::byte> copy;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    add_step(i);
    const Step& step = program_->steps[i];
    for (size_t k = 0; k < step.outputs.size(); ++k) {
      copy.resize(step.output_types[k].bytes());
      queue_.download(copy.data(), pointers_[i].outputs[k], copy.size());
      queue_.wait();
      if (search.found_nan(step, k, copy.data())) return search.place();
    }
  }
  return search.place();
}

}  // namespace castalia
