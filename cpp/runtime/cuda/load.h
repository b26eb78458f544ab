// The devices of this machine, by name.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_LOAD_H_
#define CASTALIA_CPP_RUNTIME_CUDA_LOAD_H_

#include <string>
#include <vector>

#include "cpp/runtime/device.h"

namespace castalia {

// The device "cuda:N", or all of them for "cuda:all"; none for "cpu". The first device of CUDA that
// is asked for loads libcastalia_cuda.so: the file CASTALIA_CUDA_LIBRARY, else the one beside this
// library. Errors: invalid_argument for another name; device_unavailable, which says what is
// missing: the library, one that it needs, a driver, a device. The list lives as long as the
// process. Any thread.
const std::vector<const Device*>& find_devices(const std::string& name);
// The first of them; null for "cpu".
const Device* find_device(const std::string& name);

// An Error (device_unavailable), which begins with `what`, for an address that is not one of the
// memory of "cuda:N".
void expect_on_device(const std::string& what, int number, const void* address);

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
