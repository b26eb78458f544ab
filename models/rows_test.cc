// The caller's arrays of either type, with any strides, from the host and from a device.
#include "models/rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kRows = 700, kColumns = 3;

std::vector<double> normal_numbers(int64_t count) {
  std::vector<double> out(static_cast<size_t>(count));
  fill_normal(Stream{5, 0, 0, 0}, out);
  return out;
}

// Every layout of an array of T: dense, of longer rows, and of columns one after another.
template <typename T>
void expect_stored(const std::vector<double>& from) {
  const struct {
    int64_t row, column;
  } strides[] = {{kColumns, 1}, {kColumns + 2, 1}, {1, kRows}, {-kColumns, 1}};
  for (const auto& stride : strides) {
    std::vector<T> memory(static_cast<size_t>(kRows * (kColumns + 2)), T(-7));
    RowsOut rows;
    rows.data = memory.data() + (stride.row < 0 ? (kRows - 1) * kColumns : 0);
    rows.dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;
    rows.rows = kRows;
    rows.columns = kColumns;
    rows.row_stride = stride.row;
    rows.column_stride = stride.column;
    const int64_t half = kRows / 2;
    EXPECT_TRUE(store_rows(from.data(), DType::float64, 0, half, rows));
    EXPECT_TRUE(
        store_rows(from.data() + half * kColumns, DType::float64, half, kRows - half, rows));
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t column = 0; column < kColumns; ++column) {
        const T* found = static_cast<T*>(rows.data) + row * stride.row + column * stride.column;
        ASSERT_EQ(*found, static_cast<T>(from[static_cast<size_t>(row * kColumns + column)]));
      }
    }
  }
}

TEST(Rows, AreStoredInEveryLayout) {
  const std::vector<double> from = normal_numbers(kRows * kColumns);
  expect_stored<float>(from);
  expect_stored<double>(from);
}

TEST(Rows, ThatAreNotFiniteAreFound) {
  std::vector<double> from = normal_numbers(kRows * kColumns);
  std::vector<float> memory(from.size());
  RowsOut rows;
  rows.data = memory.data();
  rows.dtype = DType::float32;
  rows.rows = kRows;
  rows.columns = kColumns;
  rows.row_stride = kColumns;
  // The third is finite until it is rounded to float32.
  for (const double bad : {std::nan(""), -std::numeric_limits<double>::infinity(), 1e300}) {
    for (const int64_t row : {int64_t{0}, kRows / 2, kRows - 1}) {
      double& element = from[static_cast<size_t>(row * kColumns + 1)];
      const double good = element;
      element = bad;
      EXPECT_FALSE(store_rows(from.data(), DType::float64, 0, kRows, rows));
      const NotFiniteElement found = first_not_finite(rows);
      EXPECT_EQ(found.row, row);
      EXPECT_EQ(found.column, 1);
      element = good;
    }
  }
}

TEST(Rows, OfOtherWidthsAreRefused) {
  std::vector<double> values(7);
  EXPECT_THROW(RowsOut(values).reshaped(2, "x"), Error);
  EXPECT_EQ(RowsOut(values).reshaped(7, "x").rows, 1);
}

// A float32 array gets the float64 numbers, rounded, wherever they are computed; large requests come
// home in pieces, which threads share.
TEST(Rows, OfASampleAreTheSameNumbersInBothTypes) {
  const std::shared_ptr<Model> model = Model::create(
      "gan", R"({"features": 24, "latent": 4, "generator_hidden": 8, "critic_hidden": 8})");
  const int64_t width = model->features();
  model->fit_preprocessing(normal_numbers(width * 50), {});
  for (const Device* device : {static_cast<const Device*>(nullptr), &cuda::emulated_device()}) {
    for (const int64_t rows : {1, 100, 9000}) {
      std::vector<double> twice(static_cast<size_t>(rows * width));
      std::vector<float> single(twice.size());
      RowsOut out;
      out.data = single.data();
      out.dtype = DType::float32;
      out.rows = rows;
      out.columns = width;
      out.row_stride = 1;
      out.column_stride = rows;
      for (int run = 0; run < 3; ++run) {  // on a device: step by step, recorded, replayed
        const Resources resources(3, device);
        const auto first = static_cast<uint64_t>(run);
        model->sample(1, first, {}, twice, resources);
        model->sample(1, first, {}, out, resources);
        for (int64_t row = 0; row < rows; ++row) {
          for (int64_t column = 0; column < width; ++column) {
            ASSERT_EQ(single[static_cast<size_t>(row + column * rows)],
                      static_cast<float>(twice[static_cast<size_t>(row * width + column)]))
                << row << ' ' << column;
          }
        }
      }
    }
  }
}

TEST(Rows, OfABrokenModelNameTheEventWhereverTheyCome) {
  const std::shared_ptr<Model> model = Model::create(
      "gan", R"({"features": 3, "latent": 4, "generator_hidden": 8, "critic_hidden": 8})");
  model->fit_preprocessing(normal_numbers(150), {});
  model->set_parameter_values(
      std::vector<double>(static_cast<size_t>(model->parameter_table().count()), 1e38));
  for (const Device* device : {static_cast<const Device*>(nullptr), &cuda::emulated_device()}) {
    std::vector<float> x(30);
    RowsOut out;
    out.data = x.data();
    out.dtype = DType::float32;
    out.rows = 10;
    out.columns = 3;
    out.row_stride = 3;
    try {
      model->sample(1, 40, {}, out, Resources(1, device));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::numerical);
      EXPECT_NE(std::string(error.what()).find("event 40, feature 0"), std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace castalia
