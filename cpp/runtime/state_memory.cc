#include "cpp/runtime/state_memory.h"

#include "cpp/base/status.h"
#include "cpp/compile/program.h"

namespace castalia {

StateMemory::StateMemory(size_t bytes, const Device* device)
    : own_(padded_bytes(bytes)), host_(own_.data()), size_(bytes), device_(device) {}

StateMemory::StateMemory(void* memory, size_t bytes, const Device* device)
    : host_(static_cast<std::byte*>(memory)), size_(bytes), device_(device) {}

void StateMemory::bring_home() const {
  if (!here_is_old_) return;
  queue_->download(host_, there_.data(), size_);
  queue_->wait();
  here_is_old_ = false;
}

const std::byte* StateMemory::data() const {
  bring_home();
  return host_;
}

std::byte* StateMemory::write() {
  bring_home();
  there_is_old_ = true;
  return host_;
}

std::byte* StateMemory::on_device(Queue& queue, bool assigned) {
  check(device_ != nullptr, "a state of the host is asked for on a device");
  if (there_.data() == nullptr) there_ = DeviceMemory(*device_, padded_bytes(size_));
  if (queue_ != nullptr && queue_ != &queue) queue_->wait();
  if (there_is_old_) {
    queue.upload(there_.data(), host_, size_);
    queue.wait();  // the host may write what was read from here
    there_is_old_ = false;
  }
  if (assigned) {
    queue_ = &queue;
    here_is_old_ = true;
  }
  return there_.data();
}

}  // namespace castalia
