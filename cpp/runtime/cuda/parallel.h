// Kernels that are written once and run on a CUDA device or, to be tested where there is none, in
// loops on the host.
//
// A file of kernels (cpp/ops/<operator>/cuda.cu) is compiled twice: by nvcc for the backend, and as
// plain C++ for the emulation, where an index or a block is a turn of a loop. Both run the same
// arithmetic over the same indices. So such a file contains no launch and no CUDA call: it
// describes its work to a ParallelKernel as stages that follow each other.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_PARALLEL_H_
#define CASTALIA_CPP_RUNTIME_CUDA_PARALLEL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cpp/base/anywhere.h"
#include "cpp/base/status.h"
#include "cpp/runtime/kernel.h"

#ifdef __CUDACC__
#include <cuda_runtime.h>
#else
#include "cpp/runtime/cuda/emulated_threads.h"
#endif

namespace castalia::cuda {

// What a kernel reads and writes, passed to a device by value.
struct Operands {
  static constexpr int kMostInputs = 48;
  static constexpr int kMostOutputs = 48;

  const void* inputs[kMostInputs] = {};
  void* outputs[kMostOutputs] = {};
  std::byte* scratch = nullptr;  // on a boundary of 256 bytes

  template <typename T>
  CASTALIA_ANYWHERE const T* in(int number) const {
    return static_cast<const T*>(inputs[number]);
  }
  template <typename T>
  CASTALIA_ANYWHERE T* out(int number) const {
    return static_cast<T*>(outputs[number]);
  }
  // `offset` bytes into the scratch memory: a multiple of the size of T.
  template <typename T>
  CASTALIA_ANYWHERE T* memory(size_t offset = 0) const {
    return reinterpret_cast<T*>(scratch + offset);
  }
};

// A group of threads that work together on one thing. What one thread writes to shared or other
// memory the others may read after sync(). All threads of a block must reach the same sync() and
// reduce() calls. In the emulation they take turns.
class Block {
 public:
  int64_t index = 0;            // which of the stage's blocks
  std::byte* shared = nullptr;  // as many bytes as the stage asked for, on a boundary of 16

  CASTALIA_ANYWHERE int thread() const {
#ifdef __CUDA_ARCH__
    return threads_ == kWarp ? static_cast<int>(threadIdx.x) % kWarp
                             : static_cast<int>(threadIdx.x);
#elif defined(__CUDACC__)
    return 0;
#else
    return EmulatedThreads::running().thread();
#endif
  }
  CASTALIA_ANYWHERE int threads() const { return threads_; }

  CASTALIA_ANYWHERE void sync() const {
#ifdef __CUDA_ARCH__
    if (threads_ == kWarp) {
      __syncwarp();
    } else {
      __syncthreads();
    }
#elif !defined(__CUDACC__)
    EmulatedThreads::running().sync();
#endif
  }

  // f(i) for every i in [0, count), shared out among the threads. Does not sync().
  template <typename F>
  CASTALIA_ANYWHERE void each(int64_t count, F f) const {
    for (int64_t i = thread(); i < count; i += threads_) f(i);
  }

  // The values of all threads combined, in an order that depends on their number alone; every
  // thread gets the result. T: at most 32 bytes, a multiple of 4. combine(a, b) must be
  // commutative up to rounding.
  template <typename T, typename Combine>
  CASTALIA_ANYWHERE T reduce(T value, Combine combine) const {
#ifdef __CUDA_ARCH__
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      value = combine(value, from_lane(value, (thread() + distance) % kWarp));
    }
    value = from_lane(value, 0);
    if (threads_ == kWarp) return value;
    __shared__ alignas(16) unsigned char partial[32 * 32];
    T* partials = reinterpret_cast<T*>(partial);
    __syncthreads();  // what was read of the last call
    if (thread() % kWarp == 0) partials[thread() / kWarp] = value;
    __syncthreads();
    T result = partials[0];
    for (int warp = 1; warp < threads_ / kWarp; ++warp) result = combine(result, partials[warp]);
    return result;
#elif defined(__CUDACC__)
    (void)combine;
    return value;
#else
    static_assert(sizeof(T) <= EmulatedThreads::kMostValue);
    EmulatedThreads& all = EmulatedThreads::running();
    std::memcpy(all.value(thread()), &value, sizeof(T));
    sync();
    T result;
    std::memcpy(&result, all.value(0), sizeof(T));
    for (int other = 1; other < threads_; ++other) {
      T next;
      std::memcpy(&next, all.value(other), sizeof(T));
      result = combine(result, next);
    }
    sync();
    return result;
#endif
  }

  // Made by the stage.
  static constexpr int kWarp = 32;
  CASTALIA_ANYWHERE Block(int64_t index, std::byte* shared, int threads)
      : index(index), shared(shared), threads_(threads) {}

 private:
#ifdef __CUDA_ARCH__
  template <typename T>
  static __device__ T from_lane(const T& value, int lane) {
    static_assert(sizeof(T) % 4 == 0 && sizeof(T) <= 32 && std::is_trivially_copyable_v<T>);
    int words[sizeof(T) / 4];
    memcpy(words, &value, sizeof(T));
    for (int& word : words) word = __shfl_sync(0xffffffffu, word, lane);
    T result;
    memcpy(&result, words, sizeof(T));
    return result;
  }
#endif

  int threads_ = 1;
};

#ifdef __CUDACC__
// An Error (internal) that names the kernel if its launch failed.
void check_launch(const std::string& name);
// A copy of a table of the operator, in memory of the device.
std::shared_ptr<const void> copy_to_device(const std::string& name, const void* table,
                                           size_t bytes);

namespace launch {

inline constexpr int kThreads = 256;
inline constexpr int64_t kMostBlocks = int64_t{1} << 30;

template <typename Body>
__global__ void __launch_bounds__(kThreads)
    each(const __grid_constant__ Body body, const __grid_constant__ Operands operands,
         int64_t count) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += step)
    body(operands, i);
}

template <typename Body, int Threads>
__global__ void __launch_bounds__(Threads)
    blocks(const __grid_constant__ Body body, const __grid_constant__ Operands operands) {
  extern __shared__ __align__(16) unsigned char shared[];
  body(operands, Block(blockIdx.x, reinterpret_cast<std::byte*>(shared), Threads));
}

// Warps that work each for itself.
template <typename Body>
__global__ void __launch_bounds__(kThreads)
    warps(const __grid_constant__ Body body, const __grid_constant__ Operands operands,
          int64_t count, int64_t shared_each) {
  extern __shared__ __align__(16) unsigned char shared[];
  const int warp = static_cast<int>(threadIdx.x) / Block::kWarp;
  const int64_t index = static_cast<int64_t>(blockIdx.x) * (kThreads / Block::kWarp) + warp;
  if (index >= count) return;
  body(operands,
       Block(index, reinterpret_cast<std::byte*>(shared) + warp * shared_each, Block::kWarp));
}

}  // namespace launch
#endif

// A kernel made of stages. Immutable once it is handed over; any thread.
class ParallelKernel final : public Kernel {
 public:
  // The name appears in errors.
  explicit ParallelKernel(std::string name) : name_(std::move(name)) {}

  // Scratch memory, which the stages share; its contents are undefined at the start. Returns where
  // this piece of it begins: Operands::memory(offset).
  size_t reserve(size_t bytes) {
    const size_t offset = scratch_bytes_;
    scratch_bytes_ += (bytes + 255) / 256 * 256;
    return offset;
  }

  // A copy of the values where the kernel runs, which lives as long as the kernel: a table that is
  // too long for a body. An Error (out_of_memory) if there is no room for it.
  template <typename T>
  const T* keep(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (values.empty()) return nullptr;
#ifdef __CUDACC__
    tables_.push_back(copy_to_device(name_, values.data(), values.size() * sizeof(T)));
    return static_cast<const T*>(tables_.back().get());
#else
    auto copy = std::make_shared<const std::vector<T>>(values);
    tables_.push_back(copy);
    return copy->data();
#endif
  }
  ParallelKernel& set_flops(double flops) {
    flops_ = flops;
    return *this;
  }

  // body(operands, index) for every index in [0, count), in any order, at the same time. Body: a
  // trivially copyable type with
  //   CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const
  template <typename Body>
  ParallelKernel& each(int64_t count, Body body) {
    static_assert(std::is_trivially_copyable_v<Body>);
    if (count == 0) return *this;
    stages_.push_back([=, name = name_](const Operands& operands, void* stream) {
#ifdef __CUDACC__
      const int64_t needed = (count + launch::kThreads - 1) / launch::kThreads;
      const auto grid = static_cast<unsigned>(std::min(needed, launch::kMostBlocks));
      launch::each<<<grid, launch::kThreads, 0, static_cast<cudaStream_t>(stream)>>>(body, operands,
                                                                                     count);
      check_launch(name);
#else
      (void)stream;
      for (int64_t i = 0; i < count; ++i) body(operands, i);
#endif
    });
    return *this;
  }

  // body(operands, block) for `count` blocks of Threads threads (32, a warp, or 128, 256, 512 or
  // 1024), each with so many bytes of shared memory of its own (up to 200 KiB; with a warp, 24
  // KiB).
  //   CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const
  template <int Threads, typename Body>
  ParallelKernel& blocks(int64_t count, size_t shared_bytes, Body body) {
    static_assert(std::is_trivially_copyable_v<Body>);
    static_assert(Threads == 32 || Threads == 128 || Threads == 256 || Threads == 512 ||
                  Threads == 1024);
    if (count == 0) return *this;
    const size_t shared = (shared_bytes + 15) / 16 * 16;
    stages_.push_back([=, name = name_](const Operands& operands, void* stream) {
#ifdef __CUDACC__
      const auto queue = static_cast<cudaStream_t>(stream);
      if constexpr (Threads == Block::kWarp) {
        constexpr int kPacked = launch::kThreads / Block::kWarp;
        const auto grid = static_cast<unsigned>((count + kPacked - 1) / kPacked);
        if (shared * kPacked > 48 * 1024) {
          cudaFuncSetAttribute(launch::warps<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared * kPacked));
        }
        launch::warps<<<grid, launch::kThreads, shared * kPacked, queue>>>(
            body, operands, count, static_cast<int64_t>(shared));
      } else {
        if (shared > 48 * 1024) {
          cudaFuncSetAttribute(launch::blocks<Body, Threads>,
                               cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared));
        }
        launch::blocks<Body, Threads>
            <<<static_cast<unsigned>(count), Threads, shared, queue>>>(body, operands);
      }
      check_launch(name);
#else
      (void)stream;
      std::vector<std::byte> memory(shared + 16);
      const auto address = reinterpret_cast<uintptr_t>(memory.data());
      std::byte* start = memory.data() + (16 - address % 16) % 16;
      EmulatedThreads threads(Threads);
      for (int64_t i = 0; i < count; ++i) {
        std::fill(memory.begin(), memory.end(), std::byte{0xff});  // NaN
        threads.run(i % 2 == 1, [&] { body(operands, Block(i, start, Threads)); });
      }
#endif
    });
    return *this;
  }

  size_t scratch_bytes() const override { return scratch_bytes_; }
  double flops() const override { return flops_; }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    Operands operands;
    std::copy_n(arguments.inputs, inputs_, operands.inputs);
    std::copy_n(arguments.outputs, outputs_, operands.outputs);
    operands.scratch = arguments.scratch;
    for (const auto& stage : stages_) stage(operands, arguments.stream);
  }

  // How many there are. An Error (unsupported) for more than Operands holds.
  ParallelKernel& operands(size_t inputs, size_t outputs) {
    if (inputs > Operands::kMostInputs || outputs > Operands::kMostOutputs) {
      fail(Code::unsupported, "operator '", name_, "': a kernel on the device takes at most ",
           Operands::kMostInputs, " operands");
    }
    inputs_ = inputs;
    outputs_ = outputs;
    return *this;
  }

 private:
  std::string name_;
  size_t inputs_ = 0;
  size_t outputs_ = 0;
  size_t scratch_bytes_ = 0;
  double flops_ = 0;
  std::vector<std::shared_ptr<const void>> tables_;
  std::vector<std::function<void(const Operands&, void* stream)>> stages_;
};

// An empty kernel for a request: with the operator's name and the number of its operands.
inline std::unique_ptr<ParallelKernel> kernel_for(const std::string& name,
                                                  const KernelRequest& request) {
  auto kernel = std::make_unique<ParallelKernel>(name);
  kernel->operands(request.inputs.size(), request.outputs.size());
  return kernel;
}

// f.template operator()<T>() with the C++ type of a floating dtype, or of any dtype.
template <typename F>
auto with_floating(DType dtype, F f) {
  return dtype == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}
template <typename F>
auto with_type(DType dtype, F f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::int32: return f.template operator()<int32_t>();
    case DType::int64: break;
  }
  return f.template operator()<int64_t>();
}

// A shape's extents and the strides of an operand over them, for bodies.
struct Layout {
  int rank = 0;
  int64_t extents[Shape::kMaxRank] = {};
  int64_t strides[Shape::kMaxRank] = {};

  // Where the operand's element for the index-th element of the shape lies, in row-major order.
  CASTALIA_ANYWHERE int64_t offset(int64_t index) const {
    int64_t result = 0;
    for (int axis = rank; axis-- > 0;) {
      result += index % extents[axis] * strides[axis];
      index /= extents[axis];
    }
    return result;
  }
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_PARALLEL_H_
