// Where work is done.
#ifndef CASTALIA_CPP_RUNTIME_RESOURCES_H_
#define CASTALIA_CPP_RUNTIME_RESOURCES_H_

#include "cpp/runtime/device.h"

namespace castalia {

struct Resources {
  // 0 threads: all cores. Implicit, because most callers have threads alone to say.
  Resources(int threads = 1, const Device* device = nullptr) : threads(threads), device(device) {}
  bool operator==(const Resources& other) const = default;

  int threads;
  const Device* device;  // null: the host
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_RESOURCES_H_
