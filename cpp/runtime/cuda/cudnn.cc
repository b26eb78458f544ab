// Convolutions by cuDNN.
#include <cudnn.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/runtime/cuda/check.h"
#include "cpp/runtime/cuda/libraries.h"

namespace castalia::cuda {
namespace {

const char* operator_of(ConvolutionResult result) {
  switch (result) {
    case ConvolutionResult::positions: return "convolution";
    case ConvolutionResult::images: return "convolution_transpose";
    case ConvolutionResult::filters: break;
  }
  return "convolution_weight_gradient";
}

void expect_success(cudnnStatus_t status, const char* operator_name) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  if (status == CUDNN_STATUS_ALLOC_FAILED) {
    check_cuda(cudaErrorMemoryAllocation,
               text("computing operator '", operator_name, "' by cuDNN").c_str());
  }
  fail(Code::internal, "operator '", operator_name, "': cuDNN: ", cudnnGetErrorString(status));
}

// The handle of the process. Whoever holds the lock enqueues on a stream of its own.
class SharedHandle {
 public:
  static SharedHandle& get(const char* operator_name) {
    // Never destroyed: at the end of a process the driver may be gone before.
    static SharedHandle* const shared = new SharedHandle(operator_name);
    return *shared;
  }

  // f(handle), which reports how it went.
  template <typename F>
  cudnnStatus_t use(F f) {
    const std::lock_guard lock(mutex_);
    return f(handle_);
  }

 private:
  explicit SharedHandle(const char* operator_name) {
    expect_success(cudnnCreate(&handle_), operator_name);
  }

  std::mutex mutex_;
  cudnnHandle_t handle_ = nullptr;
};

// A descriptor that is destroyed with its owner.
template <typename Pointer, cudnnStatus_t (*create)(Pointer*), cudnnStatus_t (*destroy)(Pointer)>
class Descriptor {
 public:
  explicit Descriptor(const char* operator_name) { expect_success(create(&get_), operator_name); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { destroy(get_); }

  Pointer operator*() const { return get_; }

 private:
  Pointer get_ = nullptr;
};

using TensorDescriptor =
    Descriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using FilterDescriptor =
    Descriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using WindowDescriptor = Descriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor,
                                    cudnnDestroyConvolutionDescriptor>;

constexpr cudnnConvolutionFwdAlgo_t kForward = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
constexpr cudnnConvolutionBwdDataAlgo_t kImages = CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
constexpr cudnnConvolutionBwdFilterAlgo_t kFilters = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;

class CudnnConvolution final : public Kernel {
 public:
  CudnnConvolution(const LibraryConvolution& convolution, ConvolutionResult result,
                   FilterOrder order)
      : name_(operator_of(result)),
        result_(result),
        dtype_(convolution.dtype),
        images_(name_),
        positions_(name_),
        filters_(name_),
        window_(name_) {
    const cudnnDataType_t type = dtype_ == DType::float32 ? CUDNN_DATA_FLOAT : CUDNN_DATA_DOUBLE;
    // One spatial axis is the second of two.
    const LibraryConvolutionAxis& z = convolution.axes[0];
    const bool is_volume = z.in != 1 || z.out != 1 || z.kernel != 1;
    std::vector<int> in, out, kernel, stride, dilation, before;
    for (size_t i = is_volume ? 0 : 1; i < 3; ++i) {
      const LibraryConvolutionAxis& axis = convolution.axes[i];
      in.push_back(static_cast<int>(axis.in));
      out.push_back(static_cast<int>(axis.out));
      kernel.push_back(static_cast<int>(axis.kernel));
      stride.push_back(static_cast<int>(axis.stride));
      dilation.push_back(static_cast<int>(axis.dilation));
      before.push_back(static_cast<int>(axis.before));
      flops_ *= static_cast<double>(axis.out * axis.kernel);
    }
    const int groups = static_cast<int>(convolution.groups);
    const int channels_in = static_cast<int>(convolution.channels_in);
    const int channels_out = static_cast<int>(convolution.channels_out);
    const int batch = static_cast<int>(convolution.batch);
    flops_ *= 2.0 * batch * channels_out * (channels_in / groups);
    describe(images_, type, batch, channels_in, in);
    describe(positions_, type, batch, channels_out, out);
    std::vector<int> filter = {channels_out, channels_in / groups};
    filter.insert(filter.end(), kernel.begin(), kernel.end());
    const cudnnTensorFormat_t format =
        order == FilterOrder::channels_last ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
    expect_success(cudnnSetFilterNdDescriptor(*filters_, type, format,
                                              static_cast<int>(filter.size()), filter.data()),
                   name_);
    expect_success(cudnnSetConvolutionNdDescriptor(*window_, static_cast<int>(before.size()),
                                                   before.data(), stride.data(), dilation.data(),
                                                   CUDNN_CROSS_CORRELATION, type),
                   name_);
    expect_success(cudnnSetConvolutionGroupCount(*window_, groups), name_);
    expect_success(cudnnSetConvolutionMathType(*window_, CUDNN_FMA_MATH), name_);
  }

  // Asks for the scratch memory. An Error for what cuDNN does not compute.
  void plan() {
    const cudnnStatus_t status = SharedHandle::get(name_).use([&](cudnnHandle_t handle) {
      switch (result_) {
        case ConvolutionResult::positions:
          return cudnnGetConvolutionForwardWorkspaceSize(handle, *images_, *filters_, *window_,
                                                         *positions_, kForward, &scratch_);
        case ConvolutionResult::images:
          return cudnnGetConvolutionBackwardDataWorkspaceSize(
              handle, *filters_, *positions_, *window_, *images_, kImages, &scratch_);
        case ConvolutionResult::filters: break;
      }
      return cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, *images_, *positions_, *window_,
                                                            *filters_, kFilters, &scratch_);
    });
    expect_success(status, name_);
  }

  size_t scratch_bytes() const override { return scratch_; }
  double flops() const override { return flops_; }

  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    const float ones[] = {1, 0};
    const double exact_ones[] = {1, 0};
    const bool is_float = dtype_ == DType::float32;
    const void* const one = is_float ? static_cast<const void*>(ones) : exact_ones;
    const void* const zero = is_float ? static_cast<const void*>(ones + 1) : exact_ones + 1;
    const void* const a = arguments.inputs[0];
    const void* const b = arguments.inputs[1];
    void* const out = arguments.outputs[0];
    void* const scratch = arguments.scratch;
    const cudnnStatus_t status = SharedHandle::get(name_).use([&](cudnnHandle_t handle) {
      const cudnnStatus_t queued =
          cudnnSetStream(handle, static_cast<cudaStream_t>(arguments.stream));
      if (queued != CUDNN_STATUS_SUCCESS) return queued;
      switch (result_) {
        case ConvolutionResult::positions:
          return cudnnConvolutionForward(handle, one, *images_, a, *filters_, b, *window_, kForward,
                                         scratch, scratch_, zero, *positions_, out);
        case ConvolutionResult::images:
          return cudnnConvolutionBackwardData(handle, one, *filters_, b, *positions_, a, *window_,
                                              kImages, scratch, scratch_, zero, *images_, out);
        case ConvolutionResult::filters: break;
      }
      return cudnnConvolutionBackwardFilter(handle, one, *images_, a, *positions_, b, *window_,
                                            kFilters, scratch, scratch_, zero, *filters_, out);
    });
    expect_success(status, name_);
  }

 private:
  // (batch, extents..., channels), dense. cuDNN names the channels second.
  void describe(const TensorDescriptor& tensor, cudnnDataType_t type, int batch, int channels,
                const std::vector<int>& extents) {
    std::vector<int> shape = {batch, channels};
    shape.insert(shape.end(), extents.begin(), extents.end());
    std::vector<int> strides(shape.size(), 1);
    int step = channels;
    for (size_t axis = shape.size(); axis-- > 2;) {
      strides[axis] = step;
      step *= shape[axis];
    }
    strides[0] = step;
    expect_success(cudnnSetTensorNdDescriptor(*tensor, type, static_cast<int>(shape.size()),
                                              shape.data(), strides.data()),
                   name_);
  }

  const char* name_;
  ConvolutionResult result_;
  DType dtype_;
  double flops_ = 1;
  size_t scratch_ = 0;
  TensorDescriptor images_;
  TensorDescriptor positions_;
  FilterDescriptor filters_;
  WindowDescriptor window_;
};

// Why cuDNN is not even asked.
std::optional<std::string> unsuitable(const LibraryConvolution& convolution) {
  double images = static_cast<double>(convolution.batch * convolution.channels_in);
  double positions = static_cast<double>(convolution.batch * convolution.channels_out);
  double filters = static_cast<double>(convolution.channels_in * convolution.channels_out);
  for (const LibraryConvolutionAxis& axis : convolution.axes) {
    images *= static_cast<double>(axis.in);
    positions *= static_cast<double>(axis.out);
    filters *= static_cast<double>(axis.kernel);
    // Padded alike on both sides there would be as many positions.
    const int64_t room = axis.in + 2 * axis.before - axis.dilation * (axis.kernel - 1) - 1;
    if (room < 0 || room / axis.stride + 1 != axis.out) {
      return "cuDNN pads both sides alike";
    }
  }
  if (images == 0 || positions == 0 || filters == 0) return "there is nothing to compute";
  if (std::max({images, positions, filters}) > std::numeric_limits<int>::max()) {
    return "cuDNN counts elements in 32 bits";
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Kernel> make_convolution(const LibraryConvolution& convolution,
                                         ConvolutionResult result, FilterOrder order,
                                         std::string* refusal) {
  if (const auto reason = unsuitable(convolution)) {
    *refusal = *reason;
    return nullptr;
  }
  // Another kernel takes what cuDNN does not.
  try {
    auto kernel = std::make_unique<CudnnConvolution>(convolution, result, order);
    kernel->plan();
    return kernel;
  } catch (const Error& error) {
    *refusal = error.what();
    return nullptr;
  }
}

}  // namespace castalia::cuda
