// Memory of a Program's state: on the host and, for Programs of a device, there too.
#ifndef CASTALIA_CPP_RUNTIME_STATE_MEMORY_H_
#define CASTALIA_CPP_RUNTIME_STATE_MEMORY_H_

#include <cstddef>
#include <memory>

#include "cpp/runtime/aligned_buffer.h"
#include "cpp/runtime/device.h"

namespace castalia {

// Copies are made when one side reads what the other wrote, and only then. Belongs to one thread at
// a time; with one whose contents do not change, and which is on_device() already, any number may
// read it there.
class StateMemory {
 public:
  StateMemory() = default;
  // Zeros, padded. With a device it can be on_device().
  explicit StateMemory(size_t bytes, const Device* device = nullptr);
  // What lies at `memory`, on a boundary of kBufferAlignment, as long as this lives.
  StateMemory(void* memory, size_t bytes, const Device* device);

  // On the host, to read; until a Program that assigns it runs.
  const std::byte* data() const;
  // On the host, to read and write; until any Program runs.
  std::byte* write();

  // On the device. With `assigned` the host's copy is old from now on. Its contents are uploaded in
  // `queue`, on which its readers wait.
  std::byte* on_device(Queue& queue, bool assigned);

  size_t size() const { return size_; }

 private:
  void bring_home() const;

  AlignedBuffer own_;
  std::byte* host_ = nullptr;
  size_t size_ = 0;
  const Device* device_ = nullptr;
  DeviceMemory there_;
  Queue* queue_ = nullptr;  // in which it was last written there
  bool there_is_old_ = true;
  mutable bool here_is_old_ = false;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_STATE_MEMORY_H_
