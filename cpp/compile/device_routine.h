// A Program that a kernel of a device runs, again and again, in the kernel's scratch memory.
#ifndef CASTALIA_CPP_COMPILE_DEVICE_ROUTINE_H_
#define CASTALIA_CPP_COMPILE_DEVICE_ROUTINE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/runtime/device.h"

namespace castalia {

class DeviceRoutine {
 public:
  // Of a graph whose states are operands of the kernel, for the device of the options.
  DeviceRoutine(const Graph& function, const CompileOptions& options);

  size_t memory_bytes() const { return arena_bytes_ + program_->scratch_bytes; }  // on the device
  double flops() const;

  // The Program in its memory, for one run of the kernel. Belongs to one thread.
  class Call {
   public:
    // All addresses are on the device.
    Call(const DeviceRoutine& routine, std::byte* memory, const void* const* states, Queue& queue);

    // The number is that of the graph's input or output.
    void* input(size_t number) const;
    const void* output(size_t number) const;
    // Adds the Program to the queue; after the first time as a recording.
    void run();

   private:
    std::byte* resolve(const Location& location) const;
    void add_steps();

    const DeviceRoutine& routine_;
    std::byte* const memory_;
    const void* const* const states_;
    Queue& queue_;
    std::vector<void*> table_;  // the operands and results of each step
    bool has_run_ = false;
    std::unique_ptr<Recording> recording_;
  };

 private:
  std::shared_ptr<const Program> program_;
  size_t arena_bytes_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_DEVICE_ROUTINE_H_
