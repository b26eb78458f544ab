#include "cpp/runtime/device_run.h"

#include <algorithm>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/not_finite.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

// Outputs of so many bytes in all are downloaded by every run: a copy more in a recording, instead
// of a call and a wait more.
constexpr size_t kSmallOutputs = 64 * 1024;
// What is larger comes in pieces: while one is on the bus, threads of the host read those before.
constexpr size_t kPieceBytes = 256 * 1024;
constexpr size_t kMostPieces = 16;

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
      profile_(Profile::active()),
      assigned_(states.size(), false),
      scratch_offset_(aligned(program_->arena_bytes)),
      state_data_(states.size(), nullptr) {
  // Inputs lie as they do in the arena, so that one copy takes them there. What else lies between
  // them is written later.
  for (const Binding& input : program_->inputs) {
    first_input_ = std::min(first_input_, input.location.offset);
  }
  size_t bytes = 0;
  for (const Binding& input : program_->inputs) {
    check(input.location.storage == Location::Storage::arena, "an input lies outside the arena");
    const Staged staged{input.location.offset - first_input_, input.type.bytes()};
    inputs_.push_back(staged);
    bytes = std::max(bytes, staged.offset + padded_bytes(staged.bytes));
  }
  input_bytes_ = bytes;
  for (const Binding& output : program_->outputs) {
    outputs_.push_back({bytes, output.type.bytes()});
    bytes += padded_bytes(output.type.bytes());
  }
  // A Program that learns runs many times before anybody asks.
  small_outputs_ = bytes - input_bytes_ <= kSmallOutputs;
  staging_ = std::make_unique<StagingMemory>(*program_->device, std::max<size_t>(bytes, 1));
  for (const Step& step : program_->steps) {
    pointers_.push_back(
        {std::vector<const void*>(step.inputs.size()), std::vector<void*>(step.outputs.size())});
    can_record_ = can_record_ && !step.kernel->waits();
    for (const Location& output : step.outputs) {
      if (output.storage == Location::Storage::state) {
        assigned_[static_cast<size_t>(output.number)] = true;
        small_outputs_ = false;
      }
    }
  }
}

void* DeviceRun::input(const std::string& name) {
  if (running_) wait();  // what was written before may not have been read yet
  Staged& input = inputs_[number_of(program_->inputs, name)];
  // A recording holds the uploads.
  if (std::exchange(input.on_device, false)) recording_.reset();
  return staging_->data() + input.offset;
}

void DeviceRun::copy_input(const std::string& name, const void* from, size_t bytes,
                           std::span<StateMemory* const> states) {
  place_all(states);
  const size_t number = number_of(program_->inputs, name);
  Staged& input = inputs_[number];
  if (!std::exchange(input.on_device, true)) recording_.reset();
  std::byte* const to = resolve(program_->inputs[number].location);
  queue_.copy(to, from, bytes);
  for (size_t filled = bytes; filled > 0 && filled < input.bytes;) {
    const size_t more = std::min(filled, input.bytes - filled);
    queue_.copy(to + filled, to, more);
    filled += more;
  }
}

void DeviceRun::copy_output(const std::string& name, void* to, size_t bytes) {
  queue_.copy(to, resolve(find_binding(program_->outputs, name).location), bytes);
}

void DeviceRun::download(size_t output, size_t offset, size_t bytes) {
  queue_.download(staging_->data() + outputs_[output].offset + offset,
                  resolve(program_->outputs[output].location) + offset, bytes);
}

void DeviceRun::wait_for_small_outputs() {
  if (!small_outputs_ || !running_) return;
  wait();
  for (Staged& output : outputs_) output.fetched = true;
}

const void* DeviceRun::output(const std::string& name) {
  wait_for_small_outputs();
  const size_t number = number_of(program_->outputs, name);
  Staged& output = outputs_[number];
  if (!output.fetched) {
    download(number, 0, output.bytes);
    wait();
    output.fetched = true;
  }
  return staging_->data() + output.offset;
}

const std::byte* DeviceRun::pieces(const std::string& name, size_t units, size_t unit,
                                   std::vector<Piece>& pieces) {
  wait_for_small_outputs();
  pieces.clear();
  const size_t number = number_of(program_->outputs, name);
  const Staged& output = outputs_[number];
  const size_t bytes = units * unit;
  if (output.fetched) {
    pieces.push_back({0, bytes, nullptr});
    return staging_->data() + output.offset;
  }
  const size_t least = std::max(kPieceBytes, (bytes + kMostPieces - 1) / kMostPieces);
  const size_t step = std::max<size_t>((least + unit - 1) / unit, 1) * unit;
  for (size_t offset = 0; offset < bytes; offset += step) {
    const size_t own = std::min(step, bytes - offset);
    download(number, offset, own);
    Mark& arrived = mark(pieces.size());
    arrived.set();
    pieces.push_back({offset, own, &arrived});
  }
  return staging_->data() + output.offset;
}

Mark& DeviceRun::mark(size_t number) {
  while (marks_.size() <= number) marks_.push_back(queue_.make_mark());
  return *marks_[number];
}

void DeviceRun::wait() {
  const ProfiledPart part("wait");
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
  // Without a place until all have one: when memory runs out on the way, the next call begins anew.
  const std::byte* const before = std::exchange(arena_data_, nullptr);
  std::byte* arena = arena_.reserve(scratch_offset_ + aligned(program_->scratch_bytes));
  bool moved = arena != before;
  for (size_t i = 0; i < states.size(); ++i) {
    check(states[i] != nullptr, "a Program runs before all its states are bound");
    std::byte* data = states[i]->on_device(queue_, assigned_[i]);
    moved = moved || data != state_data_[i];
    state_data_[i] = data;
  }
  arena_data_ = arena;
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
  const auto is_there = [](const Staged& input) { return input.on_device; };
  if (std::none_of(inputs_.begin(), inputs_.end(), is_there)) {
    if (!inputs_.empty()) queue_.upload(arena_data_ + first_input_, staging_->data(), input_bytes_);
    return;
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].on_device) continue;
    queue_.upload(resolve(program_->inputs[i].location), staging_->data() + inputs_[i].offset,
                  inputs_[i].bytes);
  }
}

void DeviceRun::add_step(size_t index) {
  queue_.run(*program_->steps[index].kernel, {.inputs = pointers_[index].inputs.data(),
                                              .outputs = pointers_[index].outputs.data(),
                                              .scratch = arena_data_ + scratch_offset_});
}

void DeviceRun::add_all() {
  upload_inputs();
  for (size_t i = 0; i < pointers_.size(); ++i) add_step(i);
  queue_.begin();
  for (size_t i = 0; small_outputs_ && i < outputs_.size(); ++i) download(i, 0, outputs_[i].bytes);
}

void DeviceRun::run(std::span<StateMemory* const> states) {
  const ProfiledPart part("launch");
  place_all(states);
  // Kernels may set themselves up in their first run, which a recording does not allow.
  if (has_run_ && can_record_ && !recording_) recording_ = queue_.record([this] { add_all(); });
  if (profile_ != nullptr && has_run_) {
    run_profiled();
  } else if (recording_) {
    recording_->replay();
  } else {
    add_all();
  }
  has_run_ = true;
  running_ = true;
  for (Staged& output : outputs_) output.fetched = false;
}

void DeviceRun::run_profiled() {
  const Profile::Clock::time_point start = Profile::Clock::now();
  mark(0).set();
  if (recording_ && ++profiled_runs_ % 2 == 1) {
    recording_->replay();
    mark(1).set();
    queue_.wait();
    profile_->add_on_device(nullptr, start, 0, mark(1).microseconds_since(mark(0)));
    return;
  }
  upload_inputs();
  for (size_t i = 0; i < pointers_.size(); ++i) {
    mark(2 * i + 1).set();
    add_step(i);
    mark(2 * i + 2).set();
  }
  for (size_t i = 0; small_outputs_ && i < outputs_.size(); ++i) download(i, 0, outputs_[i].bytes);
  queue_.wait();
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Mark& begin = mark(2 * i + 1);
    profile_->add_on_device(&program_->steps[i], start, begin.microseconds_since(mark(0)),
                            mark(2 * i + 2).microseconds_since(begin));
  }
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
