// The devices of this machine, by name.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_LOAD_H_
#define CASTALIA_CPP_RUNTIME_CUDA_LOAD_H_

#include <string>
#include <vector>

#include "cpp/runtime/device.h"

namespace castalia {

// The device "cuda:N"; null for "cpu". The first device of CUDA that is asked for loads
// libcastalia_cuda.so: the file CASTALIA_CUDA_LIBRARY, else the one beside this library. Errors:
// invalid_argument for another name; device_unavailable, which says what is missing: the library,
// one that it needs, a driver, a device. Any thread.
const Device* find_device(const std::string& name);

// All that can be used, "cpu" first, each with what it is; and for CUDA, where there is none, why.
struct DeviceList {
  struct Entry {
    std::string name;
    std::string description;
  };
  std::vector<Entry> devices;
  std::string no_cuda;  // empty where there is a device
};
DeviceList list_devices();

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_CUDA_LOAD_H_
