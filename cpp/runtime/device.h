// A device that is not the host: what the compiler and the runtime ask of its backend. The backend
// of CUDA (cpp/runtime/cuda) is a library of its own, loaded when one of its devices is first asked
// for.
//
// A Device lives as long as the process. Any thread may use it; a Queue belongs to one at a time.
#ifndef CASTALIA_CPP_RUNTIME_DEVICE_H_
#define CASTALIA_CPP_RUNTIME_DEVICE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "cpp/runtime/fused_program.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// Work that was recorded, to be done again with fewer calls.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay() = 0;  // adds it to its queue
};

// Work of a device, done in order. Calls add to it and return. Errors of earlier work appear in
// wait(): internal, with what the driver says; the device may then be lost.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual void* stream() const = 0;  // KernelArguments::stream

  virtual void upload(void* to, const void* from, size_t bytes) = 0;
  virtual void download(void* to, const void* from, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;  // on the device
  virtual void wait() = 0;                                          // until all is done

  // What `work` adds, without doing it. `work` must not wait.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;
};

class Device {
 public:
  virtual ~Device() = default;

  virtual const std::string& name() const = 0;         // "cuda:0"
  virtual const std::string& description() const = 0;  // "NVIDIA H100 80GB HBM3, 80 GiB, ..."

  // As kernel_candidates(), for this device. Their kernels are run in one tile.
  virtual std::span<const KernelCandidate> candidates(const std::string& operator_name) const = 0;
  // Its inputs and outputs are those of the program, in order. An output may be the same buffer as
  // an input that is dense over the iteration shape.
  virtual std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program) const = 0;

  // Copies so many bytes of its input to its output.
  virtual std::unique_ptr<Kernel> make_copy_kernel(size_t bytes) const = 0;

  // Memory of the device, on a boundary of 256 bytes and with undefined contents. Errors:
  // out_of_memory, with the bytes asked for and free.
  virtual std::byte* allocate(size_t bytes) const = 0;
  virtual void release(std::byte* memory) const noexcept = 0;
  // Memory of the host that the device copies from and to by itself.
  virtual std::byte* allocate_on_host(size_t bytes) const = 0;
  virtual void release_on_host(std::byte* memory) const noexcept = 0;

  virtual std::unique_ptr<Queue> make_queue() const = 0;
};

// Memory of a device; gives it back.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(const Device& device, size_t bytes)
      : device_(&device), data_(device.allocate(bytes)), size_(bytes) {}
  DeviceMemory(DeviceMemory&& other) noexcept { swap(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceMemory() {
    if (data_ != nullptr) device_->release(data_);
  }

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void swap(DeviceMemory& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  const Device* device_ = nullptr;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Memory of the host for copies to and from a device; gives it back.
class StagingMemory {
 public:
  StagingMemory(const Device& device, size_t bytes)
      : device_(device), data_(device.allocate_on_host(bytes)) {}
  StagingMemory(const StagingMemory&) = delete;
  StagingMemory& operator=(const StagingMemory&) = delete;
  ~StagingMemory() { device_.release_on_host(data_); }
  std::byte* data() const { return data_; }

 private:
  const Device& device_;
  std::byte* data_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_DEVICE_H_
