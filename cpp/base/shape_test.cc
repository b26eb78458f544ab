#include "cpp/base/shape.h"

#include <gtest/gtest.h>

#include <limits>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia {
namespace {

template <typename F>
Code code_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::ok;
}

TEST(Shape, CountsElementsAndPrints) {
  EXPECT_EQ(Shape({2, 3, 4}).count(), 24);
  EXPECT_EQ(Shape({2, 3, 4}).count(1, 3), 12);
  EXPECT_EQ(Shape().count(), 1);
  EXPECT_EQ(Shape({5, 0}).count(), 0);
  EXPECT_EQ(text(Shape{1024, 9}), "[1024, 9]");
  EXPECT_EQ(text(Shape{}), "[]");
}

TEST(Shape, StridesAreRowMajor) {
  const auto strides = Shape({2, 3, 4}).strides();
  EXPECT_EQ(strides[0], 12);
  EXPECT_EQ(strides[1], 4);
  EXPECT_EQ(strides[2], 1);
}

TEST(Shape, InsertsAndErases) {
  Shape shape{2, 4};
  shape.insert(1, 3);
  EXPECT_EQ(shape, Shape({2, 3, 4}));
  shape.insert(0, 1);
  EXPECT_EQ(shape, Shape({1, 2, 3, 4}));
  shape.erase(0);
  shape.erase(2);
  EXPECT_EQ(shape, Shape({2, 3}));
  EXPECT_FALSE(shape == Shape({2, 3, 1}));
}

TEST(Shape, RefusesWhatDoesNotFit) {
  EXPECT_EQ(code_of([] { Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}); }), Code::shape_mismatch);
  EXPECT_EQ(code_of([] { Shape({2, -1}); }), Code::shape_mismatch);
  const int64_t big = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(code_of([&] { (void)Shape({big, 2}).count(); }), Code::out_of_memory);
}

TEST(Broadcast, FollowsNumpy) {
  EXPECT_EQ(broadcast(Shape{8, 1, 6}, Shape{7, 1}), Shape({8, 7, 6}));
  EXPECT_EQ(broadcast(Shape{}, Shape{3}), Shape({3}));
  EXPECT_EQ(broadcast(Shape{0, 3}, Shape{1, 3}), Shape({0, 3}));
  EXPECT_EQ(broadcast(Shape{1}, Shape{0}), Shape({0}));
}

TEST(Broadcast, NamesBothShapes) {
  try {
    broadcast(Shape{2, 3}, Shape{4});
    FAIL() << "shapes that do not fit were accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::shape_mismatch);
    EXPECT_STREQ(error.what(), "shapes [2, 3] and [4] do not broadcast");
  }
}

}  // namespace
}  // namespace castalia
