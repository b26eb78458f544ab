// The builders of what slides a window over images: the shapes that they give, and what they
// refuse.
#include "cpp/ops/window.h"

#include <gtest/gtest.h>

#include <string>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

class Windows : public testing::Test {
 protected:
  Value input(const Shape& shape) {
    return graph_.input("input " + std::to_string(graph_.nodes().size()), {DType::float32, shape});
  }

  template <typename Build>
  static std::string message(Build build) {
    try {
      build();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  Graph graph_;
};

TEST_F(Windows, GiveTheUsualShapes) {
  const Value image = input({8, 32, 32, 3});
  EXPECT_EQ(convolution(image, input({4, 4, 3, 64}), Window::padded({1}, {2})).shape(),
            (Shape{8, 16, 16, 64}));
  EXPECT_EQ(
      convolution(image, input({3, 5, 3, 6}), {.padding_before = {1, 2}, .padding_after = {1}})
          .shape(),
      (Shape{8, 32, 31, 6}));
  EXPECT_EQ(convolution(input({2, 30, 30, 30, 4}), input({3, 3, 3, 2, 8}), {}, 2).shape(),
            (Shape{2, 28, 28, 28, 8}));
  EXPECT_EQ(max_pool(image, {2}).shape(), (Shape{8, 16, 16, 3}));
  EXPECT_EQ(average_pool(image, {3}, Window::padded({1}, {2})).shape(), (Shape{8, 16, 16, 3}));
  EXPECT_EQ(upsample_nearest(image, {2}).shape(), (Shape{8, 64, 64, 3}));
  EXPECT_EQ(upsample_linear(image, {48, 16}).shape(), (Shape{8, 48, 16, 3}));
  const Value local = input(locally_connected_weights(image.shape(), {5}, 6));
  EXPECT_EQ(local.shape(), (Shape{28 * 28, 75, 6}));
  EXPECT_EQ(locally_connected(image, local, {5}).shape(), (Shape{8, 28, 28, 6}));
}

TEST_F(Windows, TransposedEnlargeByTheStride) {
  const Value image = input({8, 4, 4, 256});
  const Value weights = input({4, 4, 128, 256});
  EXPECT_EQ(convolution_transpose(image, weights, Window::padded({1}, {2})).shape(),
            (Shape{8, 8, 8, 128}));
  EXPECT_EQ(convolution_transpose(image, weights, Window::padded({1}, {2}), {1, 0}).shape(),
            (Shape{8, 9, 8, 128}));
  EXPECT_EQ(convolution_transpose(image, weights, {}, {}, 2).shape(), (Shape{8, 7, 7, 256}));
  EXPECT_EQ(
      message([&] { return convolution_transpose(image, weights, Window::padded({1}, {2}), {2}); }),
      "operator 'convolution_transpose': output padding of 2 with a stride of 2");
}

TEST_F(Windows, RefuseWhatDoesNotFit) {
  const Value image = input({8, 6, 6, 3});
  EXPECT_EQ(message([&] {
              return convolution(image, input({3, 3, 4, 8}));
            }),
            "operator 'convolution': images [8, 6, 6, 3] in 1 groups do not fit weights "
            "[3, 3, 4, 8]");
  EXPECT_EQ(message([&] {
              return convolution(image, input({3, 3, 8}));
            }),
            "operator 'convolution': weights [3, 3, 8] have another number of axes than images "
            "[8, 6, 6, 3]");
  EXPECT_EQ(message([&] {
              return convolution(image, input({7, 7, 3, 8}));
            }),
            "operator 'convolution': images [8, 6, 6, 3] and a kernel [7, 7]: a kernel of 7 with "
            "dilation 1 does not fit into 6 elements padded by 0 and 0 along spatial axis 0");
  EXPECT_EQ(message([&] {
              return convolution(image, input({3, 3, 3, 8}), {.stride = {0}});
            }),
            "operator 'convolution': a stride of 0");
  EXPECT_EQ(message([&] {
              return convolution(image, input({3, 3, 3, 8}), {.stride = {1, 1, 1}});
            }),
            "strides for 3 axes, where the images have 2");
  EXPECT_EQ(message([&] {
              return convolution(input({8, 3}), input({3, 8}));
            }),
            "a window slides over one to three spatial axes, not 0");
  EXPECT_EQ(message([&] {
              return convolution_transpose(image, input({3, 3, 2, 5}));
            }),
            "operator 'convolution_transpose': images float32[8, 6, 6, 3] do not fit weights "
            "float32[3, 3, 2, 5]");
  EXPECT_EQ(message([&] { return max_pool(image, {2}, Window::padded({2})); }),
            "operator 'max_pool': the window at position 0 of an axis of 6 elements sees nothing "
            "but padding");
  EXPECT_EQ(message([&] {
              return locally_connected(image, input({16, 27, 5}), {2});
            }),
            "operator 'locally_connected': images float32[8, 6, 6, 3] and this window take weights "
            "[25, 12, 5], not float32[16, 27, 5]");
  const int64_t huge = int64_t{1} << 40;
  EXPECT_EQ(message([&] { return average_pool(image, {huge}); }),
            "operator 'average_pool': the number of elements of shape [1099511627776, "
            "1099511627776] overflows");
  EXPECT_EQ(message([&] { return upsample_nearest(image, {huge}); }),
            "operator 'upsample_nearest': the number of elements of shape [8, 6597069766656, "
            "6597069766656, 3] overflows");
}

}  // namespace
}  // namespace castalia
