// The devices of libcastalia_cuda.so.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/backend.h"
#include "cpp/runtime/cuda/check.h"
#include "cpp/runtime/cuda/compiled_sources.h"
#include "cpp/runtime/cuda/elementwise_text.h"
#include "cpp/runtime/cuda/fused_source.h"
#include "cpp/runtime/cuda/joined_steps.h"
#include "cpp/runtime/cuda/joined_text.h"
#include "cpp/runtime/cuda/libraries.h"
#include "cpp/runtime/cuda/out_of_memory.h"
#include "cpp/runtime/cuda/parallel.h"
#include "cpp/runtime/marks.h"

namespace castalia::cuda {
namespace {

constexpr int kThreads = 256;  // of a block of a fused kernel

class CudaRecording final : public Recording {
 public:
  CudaRecording(cudaGraphExec_t graph, Queue& queue) : graph_(graph), queue_(queue) {}
  ~CudaRecording() override { cudaGraphExecDestroy(graph_); }
  CudaRecording(const CudaRecording&) = delete;
  CudaRecording& operator=(const CudaRecording&) = delete;
  void replay() override {
    check_cuda(cudaGraphLaunch(graph_, static_cast<cudaStream_t>(queue_.stream())),
               "replaying a Program");
  }

 private:
  cudaGraphExec_t graph_;
  Queue& queue_;
};

class CudaMark final : public Mark {
 public:
  CudaMark(int device, Queue& queue) : device_(device), queue_(queue) {
    check_cuda(cudaEventCreate(&event_), "making a mark");
  }
  ~CudaMark() override { cudaEventDestroy(event_); }
  CudaMark(const CudaMark&) = delete;
  CudaMark& operator=(const CudaMark&) = delete;

  void set() override {
    check_cuda(cudaEventRecord(event_, static_cast<cudaStream_t>(queue_.stream())),
               "setting a mark");
  }
  void wait() override {
    check_cuda(cudaSetDevice(device_), "choosing a device");
    check_cuda(cudaEventSynchronize(event_), "computing");
  }
  double microseconds_since(const Mark& earlier) const override {
    float milliseconds = 0;
    check_cuda(
        cudaEventElapsedTime(&milliseconds, static_cast<const CudaMark&>(earlier).event_, event_),
        "timing");
    return 1e3 * static_cast<double>(milliseconds);
  }

 private:
  const int device_;
  Queue& queue_;
  cudaEvent_t event_ = nullptr;
};

class CudaQueue final : public MarkedQueue {
 public:
  // Joined steps are compiled by `sources`; without it no steps are joined.
  CudaQueue(int device, CompiledSources* sources) : device_(device), sources_(sources) {
    choose();
    check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  }
  ~CudaQueue() override {
    if (other_ != nullptr) cudaEventDestroy(other_);
    cudaStreamDestroy(stream_);
  }
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  void* stream() const override {
    begin_steps();  // whoever asks is about to launch
    return stream_;
  }

  void run(const Kernel& kernel, const KernelArguments& arguments) override {
    KernelArguments own = arguments;
    own.queue = this;
    const auto* step = sources_ == nullptr ? nullptr : dynamic_cast<const JoinableKernel*>(&kernel);
    if (step != nullptr && step->joinable() != nullptr) {
      own.stream = stream_;
      if (steps_.add(*step, own)) return;
      begin_steps();
      if (steps_.add(*step, own)) return;
    }
    own.stream = stream();
    kernel.run(own, 0, 1);
  }
  void begin() override { begin_steps(); }

  void upload(void* to, const void* from, size_t bytes) override {
    copy_as(to, from, bytes, cudaMemcpyHostToDevice, "copying to the device");
  }
  void download(void* to, const void* from, size_t bytes) override {
    copy_as(to, from, bytes, cudaMemcpyDeviceToHost, "copying from the device");
  }
  void copy(void* to, const void* from, size_t bytes) override {
    copy_as(to, from, bytes, cudaMemcpyDeviceToDevice, "copying on the device");
  }
  void wait() override {
    begin_steps();
    check_cuda(cudaStreamSynchronize(stream_), "computing");
  }
  std::unique_ptr<Mark> make_mark() override {
    choose();
    return std::make_unique<CudaMark>(device_, *this);
  }
  void wait_for(void* stream) override {
    begin_steps();
    if (other_ == nullptr) {
      check_cuda(cudaEventCreateWithFlags(&other_, cudaEventDisableTiming), "making a mark");
    }
    check_cuda(cudaEventRecord(other_, static_cast<cudaStream_t>(stream)),
               "following the caller's stream");
    check_cuda(cudaStreamWaitEvent(stream_, other_, 0), "following the caller's stream");
  }

  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    begin_steps();
    check_cuda(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal),
               "beginning a recording");
    cudaGraph_t graph = nullptr;
    try {
      work();
      begin_steps();
    } catch (...) {
      steps_ = {};  // whose operands may be gone when they would be launched
      cudaStreamEndCapture(stream_, &graph);
      if (graph != nullptr) cudaGraphDestroy(graph);
      throw;
    }
    check_cuda(cudaStreamEndCapture(stream_, &graph), "ending a recording");
    cudaGraphExec_t executable = nullptr;
    const cudaError_t status = cudaGraphInstantiate(&executable, graph, 0);
    cudaGraphDestroy(graph);
    check_cuda(status, "preparing a recording");
    return std::make_unique<CudaRecording>(executable, *this);
  }

 private:
  void choose() const { check_cuda(cudaSetDevice(device_), "choosing a device"); }
  void copy_as(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, const char* tried) {
    if (bytes == 0) return;
    begin_steps();
    check_cuda(cudaMemcpyAsync(to, from, bytes, kind, stream_), tried);
  }

  // Launches the steps that wait, and chooses the device.
  void begin_steps() const {
    choose();
    if (steps_.empty()) return;
    const JoinedSteps::Launch launch = steps_.take();
    if (launch.alone != nullptr) {
      launch.alone->run(launch.arguments, 0, 1);
      return;
    }
    const std::string source = text(kElementwiseText, kJoinedText, joined_source(launch.parts));
    const cudaKernel_t kernel = sources_->get(source, kJoinedName).get();
    const void* parameters[] = {&launch.table};
    check_cuda(cudaLaunchKernel(reinterpret_cast<const void*>(kernel), dim3(kJoinedBlocks),
                                dim3(kJoinedThreads), const_cast<void**>(parameters),
                                launch.shared_bytes, stream_),
               "starting joined steps");
  }

  const int device_;
  CompiledSources* const sources_;
  mutable JoinedSteps steps_;  // launched when anything else is asked for
  cudaStream_t stream_ = nullptr;
  cudaEvent_t other_ = nullptr;  // of a stream that this one follows
};

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(size_t bytes) : bytes_(bytes) {}
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    if (bytes_ == 0) return;
    check_cuda(
        cudaMemcpyAsync(arguments.outputs[0], arguments.inputs[0], bytes_, cudaMemcpyDeviceToDevice,
                        static_cast<cudaStream_t>(arguments.stream)),
        "copying on the device");
  }

 private:
  size_t bytes_;
};

class FusedKernel final : public JoinableKernel {
 public:
  FusedKernel(const FusedProgram& program, std::shared_future<cudaKernel_t> kernel)
      : kernel_(std::move(kernel)),
        joinable_(JoinableStep::make({.program = program})),
        count_(program.shape.count()),
        inputs_(program.inputs.size()),
        outputs_(program.outputs.size()),
        constants_(program.constants),
        flops_(static_cast<double>(count_) * static_cast<double>(program.instructions.size())) {
    check(inputs_ + constants_.size() + outputs_ <= kMost, "a fused kernel has too many operands");
    for (const FusedConstant& constant : constants_) {
      singles_.push_back(static_cast<float>(constant.value));
    }
  }

  // A compiler that is at work when the process ends would find its memory gone.
  ~FusedKernel() override { kernel_.wait(); }

  double flops() const override { return flops_; }
  const JoinableStep* joinable() const override { return joinable_ ? &*joinable_ : nullptr; }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    if (count_ == 0) return;
    const void* pointers[kMost];
    const void* parameters[kMost];
    std::copy_n(arguments.inputs, inputs_, pointers);
    std::copy_n(arguments.outputs, outputs_, pointers + inputs_);
    size_t count = 0;
    for (size_t i = 0; i < inputs_; ++i) parameters[count++] = &pointers[i];
    for (size_t i = 0; i < constants_.size(); ++i) {
      const void* const twice = &constants_[i].value;
      parameters[count++] = constants_[i].dtype == DType::float32 ? &singles_[i] : twice;
    }
    for (size_t i = 0; i < outputs_; ++i) parameters[count++] = &pointers[inputs_ + i];
    const auto blocks = static_cast<unsigned>((count_ + kThreads - 1) / kThreads);
    check_cuda(cudaLaunchKernel(reinterpret_cast<const void*>(kernel_.get()), dim3(blocks),
                                dim3(kThreads), const_cast<void**>(parameters), 0,
                                static_cast<cudaStream_t>(arguments.stream)),
               "starting a fused kernel");
  }

 private:
  static constexpr size_t kMost = 256;

  const std::shared_future<cudaKernel_t> kernel_;
  const std::optional<JoinableStep> joinable_;
  const int64_t count_;
  const size_t inputs_;
  const size_t outputs_;
  const std::vector<FusedConstant> constants_;
  std::vector<float> singles_;  // the same numbers, for those that are float32
  const double flops_;
};

// Operands beside each other; alone, by the operator's own kernel.
class JoinableConcat final : public JoinableKernel {
 public:
  JoinableConcat(std::unique_ptr<Kernel> alone, JoinableStep step)
      : alone_(std::move(alone)), step_(std::move(step)) {}

  const JoinableStep* joinable() const override { return &step_; }
  size_t scratch_bytes() const override { return alone_->scratch_bytes(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    alone_->run(arguments, first, last);
  }

 private:
  const std::unique_ptr<Kernel> alone_;
  const JoinableStep step_;
};

// Whether a variable of the environment is 1.
bool says_yes(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

class CudaDevice final : public Device {
 public:
  CudaDevice(int number, const cudaDeviceProp& properties)
      : number_(number),
        name_(text("cuda:", number)),
        description_(text(properties.name, ", ", properties.totalGlobalMem >> 30, " GiB, sm_",
                          properties.major, properties.minor)),
        joins_(properties.major >= 9 && says_yes("CASTALIA_CUDA_JOIN")),
        sources_(number, text("sm_", properties.major, properties.minor)) {
    kernels_.add("matmul", {.name = "cublas",
                            .create = make_matmul,
                            .create_with_epilogue = [this](const KernelRequest& request,
                                                           const FusedProgram& program) {
                              return make_matmul_with_epilogue(request, program, *this);
                            }});
    if (joins_) {
      kernels_.add("concat", {.name = "joined",
                              .create = [this](const KernelRequest& request, std::string* refusal) {
                                return joinable_concat(request, refusal);
                              }});
    }
    add_all_cuda_kernels(kernels_);
  }

  const std::string& name() const override { return name_; }
  const std::string& description() const override { return description_; }

  std::span<const KernelCandidate> candidates(const std::string& operator_name) const override {
    choose();  // kernels may keep tables on the device that is chosen when they are made
    return kernels_.find(operator_name);
  }
  std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program) const override {
    return std::make_unique<FusedKernel>(
        program, sources_.get(kElementwiseText + fused_source(program), kFusedName));
  }
  std::unique_ptr<Kernel> make_copy_kernel(size_t bytes) const override {
    return std::make_unique<CopyKernel>(bytes);
  }

  std::byte* allocate(size_t bytes) const override {
    choose();
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, std::max<size_t>(bytes, 1));
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      size_t free = 0, total = 0;
      cudaMemGetInfo(&free, &total);
      fail_out_of_memory(name_, bytes, free, total);
    }
    check_cuda(status, "allocating memory");
    return static_cast<std::byte*>(memory);
  }
  void release(std::byte* memory) const noexcept override {
    cudaSetDevice(number_);
    cudaFree(memory);
  }
  std::byte* allocate_on_host(size_t bytes) const override {
    choose();
    void* memory = nullptr;
    const cudaError_t status = cudaMallocHost(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      fail(Code::out_of_memory, "no pinned memory for ", bytes, " bytes");
    }
    check_cuda(status, "allocating pinned memory");
    return static_cast<std::byte*>(memory);
  }
  void release_on_host(std::byte* memory) const noexcept override { cudaFreeHost(memory); }

  std::unique_ptr<Queue> make_queue() const override {
    return std::make_unique<CudaQueue>(number_, joins_ ? &sources_ : nullptr);
  }

 private:
  void choose() const { check_cuda(cudaSetDevice(number_), "choosing a device"); }

  std::unique_ptr<Kernel> joinable_concat(const KernelRequest& request,
                                          std::string* refusal) const {
    const auto axis = static_cast<int>(request.attributes.integer("axis"));
    const TensorType& out = request.outputs[0];
    JoinedConcat part{
        .element_bytes = size_of(out.dtype), .rows = out.shape.count(0, axis), .columns = {}};
    for (const TensorType& input : request.inputs) {
      part.columns.push_back(input.shape.count(axis, input.shape.rank()));
    }
    std::optional<JoinableStep> step = JoinableStep::make(part);
    if (!step) {
      *refusal = "large enough for a launch of its own";
      return nullptr;
    }
    const KernelCandidate& own = kernels_.find("concat").back();
    return std::make_unique<JoinableConcat>(own.create(request, refusal), std::move(*step));
  }

  const int number_;
  const std::string name_;
  const std::string description_;
  const bool joins_;  // clusters of blocks came with 9.0
  KernelTable kernels_;
  mutable CompiledSources sources_;
};

std::string version_words(int version) { return text(version / 1000, ".", version % 1000 / 10); }

int device_count() {
  int driver = 0, toolkit = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    cudaGetLastError();
    fail(Code::device_unavailable, "no NVIDIA driver (libcuda.so.1) is installed");
  }
  cudaRuntimeGetVersion(&toolkit);
  if (driver / 1000 < toolkit / 1000) {
    fail(Code::device_unavailable, "the NVIDIA driver is for CUDA ", version_words(driver),
         "; this library needs one for CUDA ", version_words(toolkit), " or later");
  }
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorNoDevice) count = 0;
  if (status != cudaErrorNoDevice) check_cuda(status, "counting devices");
  if (count == 0) fail(Code::device_unavailable, "the NVIDIA driver sees no device");
  return count;
}

const Device& device(int number) {
  // Never destroyed: when the process ends, CUDA may be gone before they would be.
  static auto& mutex = *new std::mutex;
  static auto& devices = *new std::map<int, std::unique_ptr<CudaDevice>>;
  const std::lock_guard lock(mutex);
  std::unique_ptr<CudaDevice>& device = devices[number];
  if (!device) {
    const int count = device_count();
    if (number < 0 || number >= count) {
      devices.erase(number);
      fail(Code::device_unavailable, "there is no device cuda:", number, ": the driver sees ",
           count);
    }
    cudaDeviceProp properties;
    check_cuda(cudaGetDeviceProperties(&properties, number), "asking for a device's properties");
    device = std::make_unique<CudaDevice>(number, properties);
  }
  return *device;
}

bool holds(int number, const void* address) {
  cudaPointerAttributes attributes{};
  if (cudaPointerGetAttributes(&attributes, address) != cudaSuccess) {
    cudaGetLastError();
    return false;
  }
  return attributes.device == number &&
         (attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged);
}

}  // namespace

std::shared_ptr<const void> copy_to_device(const std::string& name, const void* table,
                                           size_t bytes) {
  void* copy = nullptr;
  const cudaError_t status = cudaMalloc(&copy, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // the next launch would be blamed for it
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail_out_of_memory(text("operator '", name, "': the device"), bytes, free, total);
  }
  check_cuda(status, "allocating memory for a table");
  std::shared_ptr<const void> owned(copy, [](void* memory) { cudaFree(memory); });
  check_cuda(cudaMemcpy(copy, table, bytes, cudaMemcpyHostToDevice), "copying a table");
  return owned;
}

void check_launch(const std::string& name) {
  const cudaError_t status = cudaGetLastError();
  if (status == cudaSuccess) return;
  fail(Code::internal, "CUDA, starting the kernel of operator '", name,
       "': ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

}  // namespace castalia::cuda

extern "C" __attribute__((visibility("default"))) const castalia::cuda::Backend*
castalia_cuda_backend() {
  static const castalia::cuda::Backend backend{castalia::kVersion, castalia::cuda::device_count,
                                               castalia::cuda::device, castalia::cuda::holds};
  return &backend;
}
