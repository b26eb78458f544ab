#include "cpp/io/io_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <string>

#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr char kFileName[] = "libcastalia_io.so";

std::string library_path() {
  const char* chosen = std::getenv("CASTALIA_IO_LIBRARY");
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

const CastaliaIoLibrary* load() {
  const std::string path = library_path();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(Code::io_error, "reading and writing HDF5 and HepMC3 needs ", kFileName,
         ", which cannot be loaded (CASTALIA_IO_LIBRARY may name it): ", dlerror());
  }
  const auto entry =
      reinterpret_cast<decltype(&castalia_io_library)>(dlsym(library, "castalia_io_library"));
  if (entry == nullptr) fail(Code::io_error, "'", path, "' is not Castalia's: ", dlerror());
  const CastaliaIoLibrary* table = entry();
  if (table->version != kCastaliaIoVersion) {
    fail(Code::newer_version, "'", path, "' has interface version ", table->version,
         "; this library needs ", kCastaliaIoVersion);
  }
  return table;
}

}  // namespace

const CastaliaIoLibrary& io_library() {
  // A failure is not remembered: the next call tries again.
  static std::mutex mutex;
  static const CastaliaIoLibrary* table = nullptr;
  const std::lock_guard lock(mutex);
  if (table == nullptr) table = load();
  return *table;
}

void check_io(int32_t code, const CastaliaIoError& error) {
  if (code != 0) throw Error(static_cast<Code>(code), error.message);
}

}  // namespace castalia
