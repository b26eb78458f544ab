#include "cpp/runtime/workspace.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "cpp/base/status.h"
#include "cpp/runtime/device_run.h"
#include "cpp/runtime/not_finite.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/profile.h"
#include "cpp/runtime/state_memory.h"

namespace castalia {
Arena::Arena(const Device* device) : device_(device) {
  if (device_ != nullptr) queue_ = device_->make_queue();
}

std::byte* Arena::reserve(size_t bytes) {
  if (device_ != nullptr) {
    if (bytes > on_device_.size()) {
      queue_->wait();  // somebody may still compute there
      on_device_ = DeviceMemory();
      on_device_ = DeviceMemory(*device_, bytes);
    }
    return on_device_.data();
  }
  if (bytes > buffer_.size()) {
    buffer_ = AlignedBuffer();  // the old memory goes back before the new is asked for
    buffer_ = AlignedBuffer(bytes);
  }
  return buffer_.data();
}

Workspace::Workspace(std::shared_ptr<const Program> program, int threads,
                     std::shared_ptr<Arena> arena)
    : program_(std::move(program)),
      arena_(arena ? std::move(arena) : std::make_shared<Arena>(program_->device)),
      profile_(Profile::active()),
      threads_(std::max(1, threads)) {
  if (profile_ != nullptr) profile_->keep(program_);
  state_memory_.resize(program_->states.size(), nullptr);
  if (program_->device != nullptr) {
    on_device_ = std::make_unique<DeviceRun>(program_, *arena_, state_memory_);
    return;
  }
  scratch_stride_ = padded_bytes(program_->scratch_bytes);
  scratch_ = AlignedBuffer(scratch_stride_ * static_cast<size_t>(threads_));
  states_.resize(program_->states.size(), nullptr);
  prepared_.resize(program_->preparations.size());
  arena_data_ = arena_->reserve(program_->arena_bytes);
  for (const Step& step : program_->steps) {
    pointers_.push_back(
        {std::vector<const void*>(step.inputs.size()), std::vector<void*>(step.outputs.size())});
  }
  resolve_all();
}

Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

std::byte* Workspace::resolve(const Location& location) const {
  std::byte* base = arena_data_;
  if (location.storage == Location::Storage::constants) {
    base = const_cast<std::byte*>(program_->constants());
  } else if (location.storage == Location::Storage::state) {
    base = static_cast<std::byte*>(states_[static_cast<size_t>(location.number)]);
    if (base == nullptr) return nullptr;  // bound later
  } else if (location.storage == Location::Storage::prepared) {
    const auto& form = prepared_[static_cast<size_t>(location.number)];
    if (!form) return nullptr;  // prepared later
    base = form->data();
  }
  return base + location.offset;
}

void Workspace::resolve_all() {
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    for (size_t k = 0; k < step.inputs.size(); ++k)
      pointers_[i].inputs[k] = resolve(step.inputs[k]);
    for (size_t k = 0; k < step.outputs.size(); ++k)
      pointers_[i].outputs[k] = resolve(step.outputs[k]);
  }
  const auto missing = [](const auto& each) { return each == nullptr; };
  ready_ = std::none_of(states_.begin(), states_.end(), missing) &&
           std::none_of(prepared_.begin(), prepared_.end(), missing);
}

void Workspace::refresh() {
  if (arena_->data() == arena_data_) return;
  // Another Workspace may have failed to make the arena larger, and left it without memory.
  arena_->reserve(program_->arena_bytes);
  arena_data_ = arena_->data();
  resolve_all();
}

void Workspace::bind_state(const std::string& name, void* data) {
  check(!on_device_, "a state of the host is bound to a Program of a device");
  for (size_t i = 0; i < states_.size(); ++i) {
    if (program_->states[i].name != name) continue;
    states_[i] = data;
    resolve_all();
    return;
  }
  fail(Code::internal, "the Program has no state '", name, "'");
}

void Workspace::bind_state(const std::string& name, StateMemory& state) {
  if (!on_device_) return bind_state(name, state.write());
  for (size_t i = 0; i < state_memory_.size(); ++i) {
    if (program_->states[i].name != name) continue;
    state_memory_[i] = &state;
    return;
  }
  fail(Code::internal, "the Program has no state '", name, "'");
}

void Workspace::prepare(PreparedOperands& operands) {
  for (size_t i = 0; i < prepared_.size(); ++i) {
    const Preparation& preparation = program_->preparations[i];
    const std::byte* source = resolve(preparation.source);
    check(source != nullptr, "state ", preparation.form, " is prepared before it is bound");
    prepared_[i] = operands.get(preparation, source);
  }
  resolve_all();
}

void* Workspace::input(const std::string& name) {
  if (on_device_) return on_device_->input(name);
  refresh();
  return resolve(find_binding(program_->inputs, name).location);
}

const void* Workspace::output(const std::string& name) {
  if (on_device_) return on_device_->output(name);
  refresh();
  return resolve(find_binding(program_->outputs, name).location);
}

void Workspace::copy_input(const std::string& name, const void* from, size_t bytes) {
  check(on_device_ != nullptr, "an input on a device is given to a Program of the host");
  on_device_->copy_input(name, from, bytes, state_memory_);
}

void Workspace::copy_output(const std::string& name, void* to, size_t bytes) {
  check(on_device_ != nullptr, "a Program of the host has no output on a device");
  on_device_->copy_output(name, to, bytes);
}

void Workspace::take_output(const std::string& name, int64_t units, size_t unit, const Take& take,
                            ThreadPool* pool) {
  if (!on_device_) return take(static_cast<const std::byte*>(output(name)), 0, units);
  std::vector<DeviceRun::Piece> pieces;
  const std::byte* data = on_device_->pieces(name, static_cast<size_t>(units), unit, pieces);
  const auto work = [&](int64_t first, int64_t last, int) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      const DeviceRun::Piece& piece = pieces[i];
      if (piece.arrived != nullptr) piece.arrived->wait();
      take(data, static_cast<int64_t>(piece.offset / unit),
           static_cast<int64_t>((piece.offset + piece.bytes) / unit));
    }
  };
  const auto count = static_cast<int64_t>(pieces.size());
  if (pool == nullptr) return work(0, count, 0);
  pool->run(count, work);
}

void Workspace::run(ThreadPool* pool) {
  if (on_device_) return on_device_->run(state_memory_);
  refresh();
  check(ready_, "a Program runs before all its states are bound and prepared");
  if (pool != nullptr && (pool->threads() == 1 || pool->threads() > threads_)) pool = nullptr;
  if (profile_ != nullptr) {
    for (size_t i = 0; i < pointers_.size(); ++i) run_step<true>(i, pool);
  } else {
    for (size_t i = 0; i < pointers_.size(); ++i) run_step<false>(i, pool);
  }
}

template <bool Profiled>
void Workspace::run_step(size_t index, ThreadPool* pool) {
  const Step& step = program_->steps[index];
  const Kernel& kernel = *step.kernel;
  const KernelArguments arguments{pointers_[index].inputs.data(), pointers_[index].outputs.data(),
                                  scratch_.data()};
  const auto run_tiles = [&](const KernelArguments& own, int64_t first, int64_t last) {
    if constexpr (Profiled) {
      const Profile::Clock::time_point start = Profile::Clock::now();
      kernel.run(own, first, last);
      profile_->add(step, first, last, start);
    } else {
      kernel.run(own, first, last);
    }
  };
  if (pool == nullptr || step.threads == 1) {
    run_tiles(arguments, 0, kernel.tiles());
    return;
  }
  pool->run(
      kernel.tiles(),
      [&](int64_t first, int64_t last, int thread) {
        KernelArguments own = arguments;
        own.scratch += scratch_stride_ * static_cast<size_t>(thread);
        run_tiles(own, first, last);
      },
      step.threads);
}

std::string Workspace::first_not_finite() {
  if (on_device_) return on_device_->first_not_finite(state_memory_);
  refresh();
  NotFiniteSearch search;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    step.kernel->run({pointers_[i].inputs.data(), pointers_[i].outputs.data(), scratch_.data()}, 0,
                     step.kernel->tiles());
    for (size_t k = 0; k < step.outputs.size(); ++k) {
      if (search.found_nan(step, k, pointers_[i].outputs[k])) return search.place();
    }
  }
  return search.place();
}

}  // namespace castalia
