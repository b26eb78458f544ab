#include "cpp/runtime/cuda/compiled_sources.h"

#include <nvrtc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/base/atomic_file.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/base/thread_pool.h"
#include "cpp/runtime/cuda/check.h"

namespace castalia::cuda {
namespace {

void check_nvrtc(nvrtcResult status, const char* tried) {
  if (status != NVRTC_SUCCESS) {
    fail(Code::internal, "NVRTC, ", tried, ": ", nvrtcGetErrorString(status));
  }
}

std::string compiled(const std::string& source, const std::string& architecture) {
  nvrtcProgram program = nullptr;
  check_nvrtc(nvrtcCreateProgram(&program, source.c_str(), "castalia.cu", 0, nullptr, nullptr),
              "reading a source");
  struct Destroy {
    void operator()(nvrtcProgram* each) const { nvrtcDestroyProgram(each); }
  };
  const std::unique_ptr<nvrtcProgram, Destroy> owner(&program);
  const std::string target = "--gpu-architecture=" + architecture;
  // A product and a sum are joined only where the source says so, as on the host.
  const char* const options[] = {target.c_str(), "--std=c++17", "--fmad=false"};
  const nvrtcResult status =
      nvrtcCompileProgram(program, static_cast<int>(std::size(options)), options);
  if (status != NVRTC_SUCCESS) {
    size_t size = 0;
    nvrtcGetProgramLogSize(program, &size);
    std::string log(size, '\0');
    nvrtcGetProgramLog(program, log.data());
    fail(Code::internal, "NVRTC: ", nvrtcGetErrorString(status), ": ", log);
  }
  size_t size = 0;
  check_nvrtc(nvrtcGetCUBINSize(program, &size), "asking for the machine code");
  std::string code(size, '\0');
  check_nvrtc(nvrtcGetCUBIN(program, code.data()), "taking the machine code");
  return code;
}

std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto chosen = variable("CASTALIA_CUDA_CACHE"); !chosen.empty()) return chosen;
  if (const auto users = variable("XDG_CACHE_HOME"); !users.empty()) {
    return users / "castalia" / "cuda";
  }
  const auto home = variable("HOME");
  return home.empty() ? home : home / ".cache" / "castalia" / "cuda";
}

// FNV-1a, with a basis of its own for each half.
uint64_t hash(const std::string& bytes, uint64_t basis) {
  uint64_t value = basis;
  for (const char byte : bytes) {
    value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3ull;
  }
  return value;
}

std::string cache_name(const std::string& source, const std::string& architecture) {
  int major = 0, minor = 0;
  nvrtcVersion(&major, &minor);
  const std::string all = text(major, ".", minor, " ", architecture, "\n", source);
  char name[40];
  std::snprintf(name, sizeof name, "%016llx%016llx",
                static_cast<unsigned long long>(hash(all, 0xcbf29ce484222325ull)),
                static_cast<unsigned long long>(hash(all, 0x84222325cbf29ce4ull)));
  return name;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_whole(const std::filesystem::path& path, const std::string& bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  try {
    AtomicFile file(path.string());
    file.write(bytes);
    file.commit();
  } catch (const Error&) {
    // A cache that cannot be written is none.
  }
}

// So many sources are compiled side by side.
std::counting_semaphore<>& compilers() {
  static auto& semaphore = *new std::counting_semaphore<>(std::max(1, available_cores()));
  return semaphore;
}

}  // namespace

std::string machine_code(const std::string& source, const std::string& architecture) {
  const std::filesystem::path folder = cache_folder();
  if (folder.empty()) return compiled(source, architecture);
  const std::filesystem::path path = folder / cache_name(source, architecture);
  std::string code = read_whole(path);
  if (code.empty()) {
    code = compiled(source, architecture);
    write_whole(path, code);
  }
  return code;
}

std::shared_future<cudaKernel_t> CompiledSources::get(const std::string& source,
                                                      const std::string& function) {
  const std::lock_guard lock(mutex_);
  std::shared_future<cudaKernel_t>& kernel = kernels_[source];
  if (kernel.valid()) return kernel;
  const auto make = [this, source, function] {
    compilers().acquire();
    struct Release {
      ~Release() { compilers().release(); }
    } release;
    const std::string code = machine_code(source, architecture_);
    check_cuda(cudaSetDevice(device_), "choosing a device");
    cudaLibrary_t library = nullptr;
    check_cuda(cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
               "loading a kernel");
    cudaKernel_t loaded = nullptr;
    check_cuda(cudaLibraryGetKernel(&loaded, library, function.c_str()), "finding a kernel");
    return loaded;
  };
  kernel = std::async(std::launch::async, make).share();
  return kernel;
}

}  // namespace castalia::cuda
