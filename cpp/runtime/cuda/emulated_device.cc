#include "cpp/runtime/cuda/emulated_device.h"

#include <math.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cpp/base/anywhere.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/elementwise_functions.h"
#include "cpp/runtime/cuda/fused_source.h"
#include "cpp/runtime/cuda/out_of_memory.h"
#include "cpp/runtime/marks.h"

namespace castalia::cuda {
namespace {

namespace elementwise = castalia_elementwise;

// An operation of up to three operands of one type.
template <typename T>
using Function = T (*)(T, T, T);

template <typename T>
const std::map<std::string, Function<T>>& functions() {
#define CASTALIA_UNARY(NAME)                                           \
  {                                                                    \
#NAME, [](T a, T, T) -> T { return elementwise::op_##NAME<T>(a); } \
  }
#define CASTALIA_BINARY(NAME)                                               \
  {                                                                         \
#NAME, [](T a, T b, T) -> T { return elementwise::op_##NAME<T>(a, b); } \
  }
  static const std::map<std::string, Function<T>> table = {
      CASTALIA_UNARY(copy),
      CASTALIA_UNARY(neg),
      CASTALIA_UNARY(abs),
      CASTALIA_UNARY(sign),
      CASTALIA_UNARY(sqrt),
      CASTALIA_UNARY(square),
      CASTALIA_UNARY(reciprocal),
      CASTALIA_UNARY(floor),
      CASTALIA_UNARY(round),
      CASTALIA_UNARY(exp),
      CASTALIA_UNARY(log),
      CASTALIA_UNARY(log1p),
      CASTALIA_UNARY(expm1),
      CASTALIA_UNARY(tanh),
      CASTALIA_UNARY(sigmoid),
      CASTALIA_UNARY(softplus),
      CASTALIA_UNARY(silu),
      CASTALIA_UNARY(silu_derivative),
      CASTALIA_UNARY(gelu),
      CASTALIA_UNARY(gelu_derivative),
      CASTALIA_UNARY(relu),
      CASTALIA_UNARY(erf),
      CASTALIA_UNARY(erfc),
      CASTALIA_UNARY(sin),
      CASTALIA_UNARY(cos),
      CASTALIA_UNARY(tan),
      CASTALIA_UNARY(asin),
      CASTALIA_UNARY(acos),
      CASTALIA_UNARY(atan),
      CASTALIA_UNARY(sinh),
      CASTALIA_UNARY(cosh),
      CASTALIA_UNARY(asinh),
      CASTALIA_UNARY(atanh),
      CASTALIA_UNARY(lgamma),
      CASTALIA_UNARY(digamma),
      CASTALIA_UNARY(is_finite),
      CASTALIA_UNARY(logical_not),
      CASTALIA_BINARY(add),
      CASTALIA_BINARY(sub),
      CASTALIA_BINARY(mul),
      CASTALIA_BINARY(div),
      CASTALIA_BINARY(maximum),
      CASTALIA_BINARY(minimum),
      CASTALIA_BINARY(atan2),
      CASTALIA_BINARY(pow),
      CASTALIA_BINARY(polygamma),
      CASTALIA_BINARY(leaky_relu),
      CASTALIA_BINARY(elu),
      CASTALIA_BINARY(less),
      CASTALIA_BINARY(less_equal),
      CASTALIA_BINARY(greater),
      CASTALIA_BINARY(greater_equal),
      CASTALIA_BINARY(equal),
      CASTALIA_BINARY(not_equal),
      CASTALIA_BINARY(logical_and),
      CASTALIA_BINARY(logical_or),
      {"select", [](T a, T b, T c) -> T { return elementwise::op_select<T>(a, b, c); }},
  };
#undef CASTALIA_UNARY
#undef CASTALIA_BINARY
  return table;
}

double load(DType dtype, const void* data, int64_t index) {
  return dtype == DType::float32 ? static_cast<const float*>(data)[index]
                                 : static_cast<const double*>(data)[index];
}
void store(DType dtype, void* data, int64_t index, double value) {
  if (dtype == DType::float32) {
    static_cast<float*>(data)[index] = static_cast<float>(value);
  } else {
    static_cast<double*>(data)[index] = value;
  }
}

// The memory of the devices, and what is wrong with them. Any thread.
class Condition {
 public:
  static Condition& now() {
    static auto& condition = *new Condition;
    return condition;
  }

  void set(const EmulatedTrouble& trouble) {
    const std::lock_guard lock(mutex_);
    trouble_ = trouble;
  }
  size_t in_use() {
    const std::lock_guard lock(mutex_);
    return in_use_;
  }
  void take(const std::string& device, std::byte* memory, size_t bytes) {
    const std::lock_guard lock(mutex_);
    const size_t free = trouble_.memory - std::min(trouble_.memory, in_use_);
    if (bytes > free) fail_out_of_memory(device, bytes, free, trouble_.memory);
    sizes_[memory] = bytes;
    in_use_ += bytes;
  }
  void give_back(std::byte* memory) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(memory);
    in_use_ -= found->second;
    sizes_.erase(found);
  }
  void wait() {
    const std::lock_guard lock(mutex_);
    if (trouble_.waits > 0) {
      --trouble_.waits;
      return;
    }
    fail(Code::internal, "CUDA, computing: unspecified launch failure (emulated)");
  }

 private:
  std::mutex mutex_;
  EmulatedTrouble trouble_;
  std::map<std::byte*, size_t> sizes_;
  size_t in_use_ = 0;
};

class FusedKernel final : public Kernel {
 public:
  explicit FusedKernel(const FusedProgram& program) : program_(program) {
    fused_source(program);  // what the device would be given is made, and has every operation
  }

  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    const FusedProgram& p = program_;
    std::vector<double> values;
    std::vector<DType> types;
    for (const FusedInput& input : p.inputs) types.push_back(input.dtype);
    for (const FusedConstant& constant : p.constants) types.push_back(constant.dtype);
    for (const FusedInstruction& each : p.instructions) types.push_back(each.dtype);
    for (int64_t index = 0; index < p.shape.count(); ++index) {
      values.clear();
      for (size_t i = 0; i < p.inputs.size(); ++i) {
        int64_t offset = 0;
        int64_t rest = index;
        for (int axis = p.shape.rank(); axis-- > 0;) {
          offset += rest % p.shape[axis] * p.inputs[i].strides[static_cast<size_t>(axis)];
          rest /= p.shape[axis];
        }
        values.push_back(load(p.inputs[i].dtype, arguments.inputs[i], offset));
      }
      for (const FusedConstant& constant : p.constants) {
        values.push_back(constant.dtype == DType::float32 ? static_cast<float>(constant.value)
                                                          : constant.value);
      }
      for (const FusedInstruction& each : p.instructions) values.push_back(result(each, values));
      for (size_t i = 0; i < p.outputs.size(); ++i) {
        const auto value = static_cast<size_t>(p.outputs[i]);
        store(types[value], arguments.outputs[i], index, values[value]);
      }
    }
  }

 private:
  static double result(const FusedInstruction& instruction, const std::vector<double>& values) {
    return instruction.dtype == DType::float32 ? result_as<float>(instruction, values)
                                               : result_as<double>(instruction, values);
  }
  template <typename T>
  static double result_as(const FusedInstruction& instruction, const std::vector<double>& values) {
    T operands[3] = {};
    for (size_t k = 0; k < instruction.operands.size(); ++k) {
      operands[k] = static_cast<T>(values[static_cast<size_t>(instruction.operands[k])]);
    }
    if (instruction.operation == "cast") return operands[0];
    return functions<T>().at(instruction.operation)(operands[0], operands[1], operands[2]);
  }

  const FusedProgram program_;
};

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(size_t bytes) : bytes_(bytes) {}
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    if (bytes_ > 0) std::memcpy(arguments.outputs[0], arguments.inputs[0], bytes_);
  }

 private:
  size_t bytes_;
};

class EmulatedRecording final : public Recording {
 public:
  explicit EmulatedRecording(std::function<void()> work) : work_(std::move(work)) {}
  void replay() override { work_(); }

 private:
  std::function<void()> work_;
};

class EmulatedMark final : public Mark {
 public:
  void set() override { at_ = std::chrono::steady_clock::now(); }
  void wait() override { Condition::now().wait(); }
  double microseconds_since(const Mark& earlier) const override {
    return std::chrono::duration<double, std::micro>(at_ -
                                                     static_cast<const EmulatedMark&>(earlier).at_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point at_;
};

class EmulatedQueue final : public MarkedQueue {
 public:
  void* stream() const override { return nullptr; }
  void upload(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void wait() override { Condition::now().wait(); }
  void run(const Kernel& kernel, const KernelArguments& arguments) override {
    KernelArguments own = arguments;
    own.queue = this;
    kernel.run(own, 0, 1);
  }
  void begin() override {}
  std::unique_ptr<Mark> make_mark() override { return std::make_unique<EmulatedMark>(); }
  void wait_for(void*) override {}
  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    return std::make_unique<EmulatedRecording>(work);
  }
};

class EmulatedDevice final : public Device {
 public:
  explicit EmulatedDevice(int number)
      : name_(number == 0 ? "emulated" : text("emulated:", number)) {
    add_all_cuda_kernels(kernels_);
  }

  const std::string& name() const override { return name_; }
  const std::string& description() const override { return name_; }
  std::span<const KernelCandidate> candidates(const std::string& operator_name) const override {
    return kernels_.find(operator_name);
  }
  std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program) const override {
    return std::make_unique<FusedKernel>(program);
  }
  std::unique_ptr<Kernel> make_copy_kernel(size_t bytes) const override {
    return std::make_unique<CopyKernel>(bytes);
  }
  std::byte* allocate(size_t bytes) const override {
    std::byte* const memory = allocate_on_host(bytes);
    try {
      Condition::now().take(name_, memory, bytes);
    } catch (...) {
      release_on_host(memory);
      throw;
    }
    return memory;
  }
  void release(std::byte* memory) const noexcept override {
    Condition::now().give_back(memory);
    release_on_host(memory);
  }
  std::byte* allocate_on_host(size_t bytes) const override {
    const size_t rounded = (bytes + 256) / 256 * 256;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(256, rounded));
    std::memset(memory, 0xff, rounded);  // NaN: what a kernel forgets to write shows
    return memory;
  }
  void release_on_host(std::byte* memory) const noexcept override { std::free(memory); }
  std::unique_ptr<Queue> make_queue() const override { return std::make_unique<EmulatedQueue>(); }

 private:
  const std::string name_;
  KernelTable kernels_;
};

}  // namespace

const Device& emulated_device(int number) {
  static const EmulatedDevice devices[] = {EmulatedDevice(0), EmulatedDevice(1)};
  return devices[number];
}

size_t emulated_bytes_in_use() { return Condition::now().in_use(); }

TroubledDevices::TroubledDevices(EmulatedTrouble trouble) { Condition::now().set(trouble); }
TroubledDevices::~TroubledDevices() { Condition::now().set({}); }

}  // namespace castalia::cuda
