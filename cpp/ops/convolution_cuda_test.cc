// Convolutions on a device beyond what the operators' cases reach: the filters that a library sees,
// with loops for the library, and sums in many tiles.
#include "cpp/ops/convolution_cuda.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cpp/ops/convolution/op.h"
#include "cpp/ops/convolution_transpose/op.h"
#include "cpp/ops/convolution_weight_gradient/op.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/run_kernel_for_test.h"
#include "cpp/ops/sample_for_test.h"

namespace castalia {
namespace {

using cuda::ConvolutionResult;
using cuda::FilterOrder;

// What cuDNN computes in float64, with the strides of its filters written out.
class LoopsOfLibrary final : public Kernel {
 public:
  LoopsOfLibrary(const ConvolutionGeometry& geometry, ConvolutionResult result, FilterOrder order)
      : geometry_(geometry), result_(result), order_(order) {}

  size_t scratch_bytes() const override { return 8; }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    *reinterpret_cast<double*>(arguments.scratch) = 1e300;  // its own, not the filters
    const auto* a = static_cast<const double*>(arguments.inputs[0]);
    const auto* b = static_cast<const double*>(arguments.inputs[1]);
    auto* out = static_cast<double*>(arguments.outputs[0]);
    for_each_product(geometry_, [&](int64_t in, int64_t weight, int64_t position) {
      out[result_index(in, weight, position)] = 0;
    });
    for_each_product(geometry_, [&](int64_t in, int64_t weight, int64_t position) {
      const int64_t filter = place(weight);
      out[result_index(in, weight, position)] +=
          a[result_ == ConvolutionResult::images ? position : in] *
          b[result_ == ConvolutionResult::filters ? position : filter];
    });
  }

 private:
  int64_t result_index(int64_t in, int64_t weight, int64_t position) const {
    return result_ == ConvolutionResult::positions ? position
           : result_ == ConvolutionResult::images  ? in
                                                   : place(weight);
  }

  // Where the filters hold a weight.
  int64_t place(int64_t weight) const {
    const int64_t out = weight % geometry_.channels_out;
    const int64_t channels = geometry_.channels_in_of_group();
    const int64_t channel = weight / geometry_.channels_out % channels;
    const int64_t tap = weight / geometry_.channels_out / channels;
    const int64_t taps = window_taps(geometry_.axes);
    return order_ == FilterOrder::channels_last ? (out * taps + tap) * channels + channel
                                                : (out * channels + channel) * taps + tap;
  }

  ConvolutionGeometry geometry_;
  ConvolutionResult result_;
  FilterOrder order_;
};

// Three by two taps, four channels in two groups to six.
Attributes two_groups() {
  Attributes attributes = window_attributes({.padding_before = {1, 0}, .padding_after = {1, 0}}, 2);
  attributes.set("groups", int64_t{2});
  return attributes;
}

void expect_reference(const Operator& op, const Case& one, const ConvolutionGeometry& geometry,
                      ConvolutionResult result) {
  const Sample sample(op, one, DType::float64);
  const auto expected = interpret(op, one.attributes, sample.types, sample.inputs);
  for (const auto order : {FilterOrder::channels_last, FilterOrder::channels_first}) {
    const auto kernel =
        reordered_convolution(op.name.c_str(), geometry, DType::float64, result, order,
                              std::make_unique<LoopsOfLibrary>(geometry, result, order));
    const auto bytes =
        run_kernel(*kernel, sample.types, sample.inputs, sample.outputs, TileOrder::together);
    expect_near(read_tensor(sample.outputs[0], bytes[0].data()), expected[0], DType::float64, 64);
  }
}

TEST(ReorderedConvolution, IsTheOperatorInBothOrders) {
  const Shape images{2, 5, 4, 4};
  const Shape weights{3, 2, 2, 6};
  const Shape positions{2, 5, 3, 6};
  const ConvolutionGeometry geometry = convolution_geometry(two_groups(), images, weights);
  expect_reference(convolution_operator(), {{{images}, {weights}}, two_groups()}, geometry,
                   ConvolutionResult::positions);

  Attributes transposed = two_groups();
  transposed.set("extents", std::vector<int64_t>{5, 4});
  expect_reference(convolution_transpose_operator(), {{{positions}, {weights}}, transposed},
                   geometry, ConvolutionResult::images);

  Attributes gradient = two_groups();
  gradient.set("kernel", std::vector<int64_t>{3, 2});
  expect_reference(convolution_weight_gradient_operator(), {{{images}, {positions}}, gradient},
                   geometry, ConvolutionResult::filters);
}

// Several tiles in each direction, in groups, and sums in several pieces.
TEST(TiledConvolution, AgreesWithReference) {
  KernelTable table;
  add_all_cuda_kernels(table);
  Attributes attributes = window_attributes({.stride = {1, 2}, .padding_before = {1, 2}}, 2);
  attributes.set("groups", int64_t{2});
  const Shape images{5, 13, 14, 24};
  const Shape weights{3, 2, 12, 140};
  const ConvolutionGeometry geometry = convolution_geometry(attributes, images, weights);
  const Shape positions = windowed_shape(5, geometry.axes, 2, 140);
  Attributes transposed = attributes;
  transposed.set("extents", spatial_extents(images));
  Attributes gradient = attributes;
  gradient.set("kernel", std::vector<int64_t>{3, 2});
  const std::pair<const Operator&, Case> all[] = {
      {convolution_operator(), {{{images}, {weights}}, attributes}},
      {convolution_transpose_operator(), {{{positions}, {weights}}, transposed}},
      {convolution_weight_gradient_operator(), {{{images}, {positions}}, gradient}}};
  for (const auto& [op, one] : all) {
    SCOPED_TRACE(op.name);
    const Sample sample(op, one, DType::float64);
    const auto expected = interpret(op, one.attributes, sample.types, sample.inputs);
    std::string refusal;
    const auto kernel =
        table.find(op.name).back().create({one.attributes, sample.types, sample.outputs}, &refusal);
    const auto bytes =
        run_kernel(*kernel, sample.types, sample.inputs, sample.outputs, TileOrder::together);
    expect_near(read_tensor(sample.outputs[0], bytes[0].data()), expected[0], DType::float64, 64);
  }
}

}  // namespace
}  // namespace castalia
