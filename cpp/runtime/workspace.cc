#include "cpp/runtime/workspace.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "cpp/base/status.h"

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
  const size_t rounded = (std::max<size_t>(bytes, 1) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
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
      threads_(std::max(1, threads)) {
  scratch_stride_ = padded_bytes(program_->scratch_bytes);
  scratch_ = AlignedBuffer(scratch_stride_ * static_cast<size_t>(threads_));
  states_.resize(program_->states.size(), nullptr);
  arena_data_ = arena_->reserve(program_->arena_bytes);
  for (const Step& step : program_->steps) {
    pointers_.push_back({std::vector<const void*>(step.inputs.size()),
                         std::vector<void*>(step.outputs.size())});
  }
  resolve_all();
}

std::byte* Workspace::resolve(const Location& location) const {
  std::byte* base = arena_data_;
  if (location.storage == Location::Storage::constants) {
    base = const_cast<std::byte*>(program_->constants());
  } else if (location.storage == Location::Storage::state) {
    base = static_cast<std::byte*>(states_[static_cast<size_t>(location.state)]);
    if (base == nullptr) return nullptr;  // bound later
  }
  return base + location.offset;
}

void Workspace::resolve_all() {
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    for (size_t k = 0; k < step.inputs.size(); ++k) pointers_[i].inputs[k] = resolve(step.inputs[k]);
    for (size_t k = 0; k < step.outputs.size(); ++k) pointers_[i].outputs[k] = resolve(step.outputs[k]);
  }
}

void Workspace::refresh() {
  if (arena_->data() == arena_data_) return;
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
  const bool serial = pool == nullptr || pool->threads() == 1 || pool->threads() > threads_;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    const Step& step = program_->steps[i];
    const Kernel& kernel = *step.kernel;
    KernelArguments arguments{pointers_[i].inputs.data(), pointers_[i].outputs.data(), scratch_.data()};
    if (serial || !step.parallel) {
      kernel.run(arguments, 0, kernel.tiles());
      continue;
    }
    pool->run(kernel.tiles(), [&](int64_t first, int64_t last, int thread) {
      KernelArguments own = arguments;
      own.scratch += scratch_stride_ * static_cast<size_t>(thread);
      kernel.run(own, first, last);
    });
  }
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
