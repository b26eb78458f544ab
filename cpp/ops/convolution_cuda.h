// What the three operators of convolutions share on a device: how the library is asked.
#ifndef CASTALIA_CPP_OPS_CONVOLUTION_CUDA_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_CUDA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "cpp/ops/convolution_geometry.h"
#include "cpp/runtime/cuda/libraries.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// Element `index` of filters in the library's order is element source(index) of weights
// (taps, channels of a group, channels_out).
struct FilterElements {
  int64_t taps, channels, channels_out;
  cuda::FilterOrder order;

  int64_t count() const { return taps * channels * channels_out; }
  CASTALIA_ANYWHERE int64_t source(int64_t index) const {
    const bool last = order == cuda::FilterOrder::channels_last;
    const int64_t fast = last ? channels : taps;
    const int64_t slow = last ? taps : channels;
    const int64_t a = index % fast;
    const int64_t b = index / fast % slow;
    const int64_t out = index / fast / slow;
    return last ? (b * channels + a) * channels_out + out : (a * channels + b) * channels_out + out;
  }
};

// Weights to filters.
template <typename T>
struct FiltersOfWeights {
  FilterElements filters;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    operands.out<T>(0)[index] = operands.in<T>(0)[filters.source(index)];
  }
};
// And back.
template <typename T>
struct WeightsOfFilters {
  FilterElements filters;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    operands.out<T>(0)[filters.source(index)] = operands.in<T>(0)[index];
  }
};

// The library's convolution with the filters in scratch memory, before its own.
class ReorderedConvolution final : public Kernel {
 public:
  ReorderedConvolution(std::unique_ptr<Kernel> library, std::unique_ptr<Kernel> reorder,
                       cuda::ConvolutionResult result, size_t filter_bytes)
      : library_(std::move(library)),
        reorder_(std::move(reorder)),
        result_(result),
        filter_bytes_((filter_bytes + 255) / 256 * 256) {}

  size_t scratch_bytes() const override { return filter_bytes_ + library_->scratch_bytes(); }
  double flops() const override { return library_->flops(); }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    void* const filters = arguments.scratch;
    std::byte* const rest = arguments.scratch + filter_bytes_;
    if (result_ == cuda::ConvolutionResult::filters) {
      run_on(*library_, arguments, arguments.inputs, &filters, rest);
      const void* const from = filters;
      run_on(*reorder_, arguments, &from, arguments.outputs, nullptr);
    } else {
      run_on(*reorder_, arguments, arguments.inputs + 1, &filters, nullptr);
      const void* const inputs[2] = {arguments.inputs[0], filters};
      run_on(*library_, arguments, inputs, arguments.outputs, rest);
    }
  }

 private:
  static void run_on(const Kernel& kernel, const KernelArguments& arguments,
                     const void* const* inputs, void* const* outputs, std::byte* scratch) {
    KernelArguments own = arguments;
    own.inputs = inputs;
    own.outputs = outputs;
    own.scratch = scratch;
    kernel.run(own, 0, 1);
  }

  std::unique_ptr<Kernel> library_;
  std::unique_ptr<Kernel> reorder_;
  cuda::ConvolutionResult result_;
  size_t filter_bytes_;
};

// The operator by a library's convolution that takes its filters in an order.
inline std::unique_ptr<Kernel> reordered_convolution(const char* name,
                                                     const ConvolutionGeometry& geometry,
                                                     DType dtype, cuda::ConvolutionResult result,
                                                     cuda::FilterOrder order,
                                                     std::unique_ptr<Kernel> library) {
  const FilterElements filters{window_taps(geometry.axes), geometry.channels_in_of_group(),
                               geometry.channels_out, order};
  auto reorder = std::make_unique<cuda::ParallelKernel>(name);
  reorder->operands(1, 1);
  cuda::with_floating(dtype, [&]<typename T>() {
    if (result == cuda::ConvolutionResult::filters) {
      reorder->each(filters.count(), WeightsOfFilters<T>{filters});
    } else {
      reorder->each(filters.count(), FiltersOfWeights<T>{filters});
    }
  });
  const auto bytes = static_cast<size_t>(filters.count()) * size_of(dtype);
  return std::make_unique<ReorderedConvolution>(std::move(library), std::move(reorder), result,
                                                bytes);
}

// The operator by the library, in the first order of filters that it takes.
inline std::unique_ptr<Kernel> make_library_convolution(const char* name,
                                                        const ConvolutionGeometry& geometry,
                                                        DType dtype, cuda::ConvolutionResult result,
                                                        std::string* refusal) {
  cuda::LibraryConvolution asked{.dtype = dtype,
                                 .batch = geometry.batch,
                                 .axes = {},
                                 .channels_in = geometry.channels_in,
                                 .channels_out = geometry.channels_out,
                                 .groups = geometry.groups};
  for (size_t i = 0; i < geometry.axes.size(); ++i) {
    const WindowAxis& axis = geometry.axes[i];
    asked.axes[i] = {axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.before};
  }
  for (const auto order : {cuda::FilterOrder::channels_last, cuda::FilterOrder::channels_first}) {
    auto library = cuda::make_convolution(asked, result, order, refusal);
    if (library) {
      return reordered_convolution(name, geometry, dtype, result, order, std::move(library));
    }
  }
  return nullptr;
}

// Below so many columns most threads of a tile of products would have nothing to do.
inline constexpr int64_t kLeastTileColumns = 8;

// Where a row or a term of a tile's sums lies in images: the element at (z, y, x), if it is there,
// of what begins at `start`.
struct TilePlace {
  int64_t start, z, y, x;
};

// Floating-point operations of the operators, at most: taps that lie outside count.
inline double convolution_flops(const ConvolutionGeometry& geometry) {
  return 2.0 * static_cast<double>(geometry.batch * window_positions(geometry.axes)) *
         static_cast<double>(window_taps(geometry.axes) * geometry.channels_in_of_group()) *
         static_cast<double>(geometry.channels_out);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_CUDA_H_
