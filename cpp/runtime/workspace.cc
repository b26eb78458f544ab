#include "cpp/runtime/workspace.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "cpp/base/status.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/profile.h"

namespace castalia {
namespace {

enum class Fault { none, infinity, nan };

template <typename T>
Fault worst(const void* data, int64_t count) {
  const T* values = static_cast<const T*>(data);
  Fault fault = Fault::none;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return Fault::nan;
    if (std::isinf(values[i])) fault = Fault::infinity;
  }
  return fault;
}

Fault worst(const void* data, const TensorType& type) {
  switch (type.dtype) {
    case DType::float32: return worst<float>(data, type.shape.count());
    case DType::float64: return worst<double>(data, type.shape.count());
    default: return Fault::none;
  }
}

const Location& find(const std::vector<Binding>& bindings, const std::string& name) {
  for (const Binding& binding : bindings) {
    if (binding.name == name) return binding.location;
  }
  fail(Code::internal, "the Program has no tensor '", name, "'");
}

}  // namespace

AlignedBuffer::AlignedBuffer(size_t bytes) : size_(bytes) {
  const size_t rounded =
      (std::max<size_t>(bytes, 1) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, rounded)));
  if (!data_) fail(Code::out_of_memory, "no memory for ", bytes, " bytes");
  std::memset(data_.get(), 0, rounded);
}

void AlignedBuffer::Free::operator()(std::byte* data) const { std::free(data); }

std::byte* Arena::reserve(size_t bytes) {
  if (bytes > buffer_.size()) {
    buffer_ = AlignedBuffer();  // the old memory goes back before the new is asked for
    buffer_ = AlignedBuffer(bytes);
  }
  return buffer_.data();
}

Workspace::Workspace(std::shared_ptr<const Program> program, int threads,
                     std::shared_ptr<Arena> arena)
    : program_(std::move(program)),
      arena_(arena ? std::move(arena) : std::make_shared<Arena>()),
      profile_(Profile::active()),
      threads_(std::max(1, threads)) {
  if (profile_ != nullptr) profile_->keep(program_);
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
  for (size_t i = 0; i < states_.size(); ++i) {
    if (program_->states[i].name != name) continue;
    states_[i] = data;
    resolve_all();
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
  refresh();
  return resolve(find(program_->inputs, name));
}

const void* Workspace::output(const std::string& name) {
  refresh();
  return resolve(find(program_->outputs, name));
}

void Workspace::run(ThreadPool* pool) {
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
  refresh();
  std::string infinite;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    step.kernel->run({pointers_[i].inputs.data(), pointers_[i].outputs.data(), scratch_.data()}, 0,
                     step.kernel->tiles());
    for (size_t k = 0; k < step.outputs.size(); ++k) {
      const Fault fault = worst(pointers_[i].outputs[k], step.output_types[k]);
      if (fault == Fault::none) continue;
      const std::string where =
          text("operator '", step.label, "'", step.scope.empty() ? "" : " at ", step.scope);
      if (fault == Fault::nan) return where;
      if (infinite.empty()) infinite = where;
    }
  }
  return infinite;
}

}  // namespace castalia
