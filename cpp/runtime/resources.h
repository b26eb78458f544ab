// Where work is done.
#ifndef CASTALIA_CPP_RUNTIME_RESOURCES_H_
#define CASTALIA_CPP_RUNTIME_RESOURCES_H_

#include <algorithm>
#include <span>

#include "cpp/runtime/device.h"

namespace castalia {

struct Resources {
  // 0 threads: all cores. Implicit, because most callers have threads alone to say.
  Resources(int threads = 1, const Device* device = nullptr,
            std::span<const Device* const> all = {})
      : threads(threads), device(device), all(all) {}
  bool operator==(const Resources& other) const {
    return threads == other.threads && device == other.device &&
           std::equal(all.begin(), all.end(), other.all.begin(), other.all.end());
  }

  int threads;
  const Device* device;  // null: the host
  // Large evaluations are split over these, of which `device` is the first; none: it alone.
  std::span<const Device* const> all;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_RESOURCES_H_
