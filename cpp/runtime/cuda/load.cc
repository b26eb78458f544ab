#include "cpp/runtime/cuda/load.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cuda/backend.h"

namespace castalia {
namespace {

constexpr char kFileName[] = "libcastalia_cuda.so";

std::string library_path() {
  const char* chosen = std::getenv("CASTALIA_CUDA_LIBRARY");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&library_path), &here) != 0 &&
      here.dli_fname != nullptr) {
    const std::string path = here.dli_fname;
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) return path.substr(0, slash + 1) + kFileName;
  }
  return kFileName;
}

const cuda::Backend* load() {
  const std::string path = library_path();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(
        Code::device_unavailable, "computing on a GPU needs ", kFileName,
        " and CUDA's libraries, which cannot be loaded (CASTALIA_CUDA_LIBRARY may name the former, "
        "LD_LIBRARY_PATH the folder of the others): ",
        dlerror());
  }
  const auto entry =
      reinterpret_cast<decltype(&castalia_cuda_backend)>(dlsym(library, "castalia_cuda_backend"));
  if (entry == nullptr) {
    fail(Code::device_unavailable, "'", path, "' is not Castalia's: ", dlerror());
  }
  const cuda::Backend* backend = entry();
  if (std::strcmp(backend->version, kVersion) != 0) {
    fail(Code::device_unavailable, "'", path, "' is of version ", backend->version,
         ", this library of ", kVersion);
  }
  return backend;
}

const cuda::Backend& backend() {
  // A failure is not remembered: the next call tries again.
  static std::mutex mutex;
  static const cuda::Backend* loaded = nullptr;
  const std::lock_guard lock(mutex);
  if (loaded == nullptr) loaded = load();
  return *loaded;
}

}  // namespace

const std::vector<const Device*>& find_devices(const std::string& name) {
  static auto& none = *new const std::vector<const Device*>;
  if (name == "cpu") return none;
  const bool is_cuda = name.starts_with("cuda:") && name.size() > 5 && name.size() < 9 &&
                       name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (!is_cuda && name != "cuda:all") {
    fail(Code::invalid_argument, "device is '", name, "'; allowed: cpu, cuda:N, cuda:all");
  }
  static std::mutex mutex;
  static auto& found = *new std::map<std::string, std::vector<const Device*>>;
  const std::lock_guard lock(mutex);
  std::vector<const Device*>& devices = found[name];
  if (!devices.empty()) return devices;
  try {
    if (is_cuda) {
      devices.push_back(&backend().device(std::atoi(name.c_str() + 5)));
    } else {
      const int count = backend().count();
      for (int i = 0; i < count; ++i) devices.push_back(&backend().device(i));
    }
  } catch (const Error& error) {
    devices.clear();
    fail(error.code(), "device '", name, "': ", error.what());
  }
  return devices;
}

const Device* find_device(const std::string& name) {
  const std::vector<const Device*>& devices = find_devices(name);
  return devices.empty() ? nullptr : devices.front();
}

void expect_on_device(const std::string& what, int number, const void* address) {
  if (backend().holds(number, address)) return;
  fail(Code::device_unavailable, what, " is not in the memory of cuda:", number);
}

DeviceList list_devices() {
  DeviceList list;
  list.devices.push_back({"cpu", {}});
  try {
    const int count = backend().count();
    for (int i = 0; i < count; ++i) {
      const Device& device = backend().device(i);
      list.devices.push_back({device.name(), device.description()});
    }
  } catch (const Error& error) {
    if (error.code() != Code::device_unavailable) throw;
    list.no_cuda = error.what();
  }
  return list;
}

}  // namespace castalia
