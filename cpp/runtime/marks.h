// What a Program's run asks of the queue of a device, beside what kernels may ask (device.h).
#ifndef CASTALIA_CPP_RUNTIME_MARKS_H_
#define CASTALIA_CPP_RUNTIME_MARKS_H_

#include <memory>

#include "cpp/runtime/device.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// A point in the work of a queue. Waiting is for any thread, beside the one that has the queue.
class Mark {
 public:
  virtual ~Mark() = default;
  virtual void set() = 0;   // behind what its queue was given so far
  virtual void wait() = 0;  // until the work before it is done; errors as of Queue::wait()
  // The device's time from a mark of the same queue to this one; both were waited for.
  virtual double microseconds_since(const Mark& earlier) const = 0;
};

// Every queue that a Device makes is one.
class MarkedQueue : public Queue {
 public:
  // Adds a kernel's work. Small kernels that follow each other may become one launch, so what the
  // arguments point to must last until begin(), or whatever else is asked of the queue.
  virtual void run(const Kernel& kernel, const KernelArguments& arguments) = 0;
  virtual void begin() = 0;

  virtual std::unique_ptr<Mark> make_mark() = 0;
  // What is added from now on begins when the work that `stream`, the caller's, has now is done.
  virtual void wait_for(void* stream) = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_MARKS_H_
