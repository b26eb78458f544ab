// The caller's arrays of either type, with any strides, from the host and from a device.
#include "models/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
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
      const std::optional<NotFiniteElement> found = first_not_finite(rows);
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->row, row);
      EXPECT_EQ(found->column, 1);
      element = good;
    }
  }
}

TEST(Rows, OfOtherWidthsAreRefused) {
  std::vector<double> values(7);
  EXPECT_THROW(RowsOut(values).reshaped(2, "x"), Error);
  EXPECT_EQ(RowsOut(values).reshaped(7, "x").rows, 1);
}

// A float32 array gets the float64 numbers, rounded, wherever they are computed; large requests
// come home in pieces, which threads share.
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

// An array in the memory of the emulated device.
template <typename T>
class ThereArray {
 public:
  explicit ThereArray(size_t count) : memory_(device(), count * sizeof(T)), count_(count) {}
  explicit ThereArray(const std::vector<double>& values) : ThereArray(values.size()) {
    std::copy(values.begin(), values.end(), data());
  }
  static const Device& device() { return cuda::emulated_device(); }
  static constexpr DType kType = sizeof(T) == 4 ? DType::float32 : DType::float64;

  T* data() const { return reinterpret_cast<T*>(memory_.data()); }
  std::vector<T> values() const { return {data(), data() + count_}; }
  RowsIn in() const { return {data(), kType, static_cast<int64_t>(count_), {&device(), nullptr}}; }
  RowsOut out(int64_t columns) const {
    RowsOut rows;
    rows.data = data();
    rows.dtype = kType;
    rows.rows = static_cast<int64_t>(count_) / columns;
    rows.columns = columns;
    rows.row_stride = columns;
    rows.place = {&device(), nullptr};
    return rows;
  }

 private:
  DeviceMemory memory_;
  size_t count_;
};

std::shared_ptr<Model> fitted_flow() {
  std::shared_ptr<Model> model = Model::create(
      "coupling_flow", R"({"features": 3, "context_features": 2, "layers": 2, "hidden": 8})");
  model->fit_preprocessing(normal_numbers(150), normal_numbers(100));
  std::vector<double> weights = model->parameter_values();
  for (size_t i = 0; i < weights.size(); ++i) weights[i] += 0.1 * std::sin(static_cast<double>(i));
  model->set_parameter_values(weights);
  return model;
}

template <typename T>
void expect_same_numbers_there() {
  const std::shared_ptr<Model> model = fitted_flow();
  const Resources resources(1, &ThereArray<T>::device());
  const auto rounded = [](std::vector<double> values) {
    for (double& value : values) value = static_cast<double>(static_cast<T>(value));
    return values;
  };
  for (const int64_t rows : {1, 5, 300}) {
    const std::vector<double> x = rounded(normal_numbers(rows * 3));
    const std::vector<double> context = rounded(normal_numbers(rows * 2));
    const ThereArray<T> x_there(x), context_there(context);
    const auto expect = [](const ThereArray<T>& found, const std::vector<double>& expected) {
      const std::vector<T> values = found.values();
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_EQ(values[i], static_cast<T>(expected[i]));
    };
    for (int run = 0; run < 3; ++run) {
      std::vector<double> density(static_cast<size_t>(rows));
      model->log_prob(x, context, density, resources);
      const ThereArray<T> density_there(density.size());
      model->log_prob(x_there.in(), context_there.in(), density_there.out(1), resources);
      expect(density_there, density);
      std::vector<double> back(density.size());  // from there to the host
      model->log_prob(x_there.in(), context_there.in(), back, resources);
      EXPECT_EQ(back, density);

      std::vector<double> z(x.size()), log_det(density.size());
      model->transform(x, context, z, log_det, resources);
      const ThereArray<T> z_there(z.size()), log_det_there(density.size());
      model->transform(x_there.in(), context_there.in(), z_there.out(3), log_det_there.out(1),
                       resources);
      expect(z_there, z);
      expect(log_det_there, log_det);

      std::vector<double> drawn(x.size());
      model->sample(3, 7, context, drawn, resources);
      const ThereArray<T> drawn_there(x.size());
      model->sample(3, 7, context, drawn_there.out(3), resources);  // from the host to there
      expect(drawn_there, drawn);
      const std::vector<double> one = rounded({0.25, -1});
      model->sample(3, 7, one, drawn, resources);
      model->sample(3, 7, ThereArray<T>(one).in(), drawn_there.out(3), resources);
      expect(drawn_there, drawn);
    }
  }
}

TEST(Rows, OnADeviceAreReadAndWrittenThere) {
  expect_same_numbers_there<float>();
  expect_same_numbers_there<double>();
}

template <typename Function>
void expect_refusal(Code code, const std::string& part, const Function& function) {
  try {
    function();
    ADD_FAILURE() << "no error; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Rows, OnAnotherDeviceThanTheModelsAreRefused) {
  const std::shared_ptr<Model> model = fitted_flow();
  const std::vector<double> x = normal_numbers(15), context = normal_numbers(10);
  const ThereArray<double> x_there(x), context_there(context);
  std::vector<double> out(5);
  const auto density = [&](const RowsIn& events, const RowsIn& condition, Resources resources) {
    return [&model, &out, events, condition, resources] {
      model->log_prob(events, condition, out, resources);
    };
  };
  expect_refusal(Code::device_unavailable, "x lies on emulated, but the model computes on cpu",
                 density(x_there.in(), context_there.in(), {}));
  const Resources second(1, &cuda::emulated_device(1));
  expect_refusal(Code::device_unavailable, "computes on emulated:1",
                 density(x_there.in(), context_there.in(), second));
  const Resources own(1, &cuda::emulated_device());
  expect_refusal(Code::device_unavailable, "one of x and the context",
                 density(x_there.in(), context, own));
  expect_refusal(Code::dtype_mismatch, "different types",
                 density(ThereArray<float>(x).in(), context_there.in(), own));
  const ThereArray<float> single(15);
  expect_refusal(Code::dtype_mismatch, "results on a device are of different types",
                 [&] { model->transform(x, context, single.out(3), out, own); });
  expect_refusal(Code::device_unavailable, "the array for results lies on emulated",
                 [&] { model->sample(1, 0, context, x_there.out(3)); });
}

TEST(Rows, OfABrokenModelNameTheEventOnADevice) {
  const std::shared_ptr<Model> model = Model::create(
      "gan", R"({"features": 3, "latent": 4, "generator_hidden": 8, "critic_hidden": 8})");
  model->fit_preprocessing(normal_numbers(150), {});
  model->set_parameter_values(
      std::vector<double>(static_cast<size_t>(model->parameter_table().count()), 1e38));
  const ThereArray<float> x(30);
  expect_refusal(Code::numerical, "event 40, feature 0", [&] {
    model->sample(1, 40, {}, x.out(3), Resources(1, &ThereArray<float>::device()));
  });
}

TEST(Rows, OfALargeSampleComeFromAllDevicesInOrder) {
  const std::shared_ptr<Model> model = Model::create(
      "gan", R"({"features": 2, "latent": 2, "generator_hidden": 4, "critic_hidden": 4})");
  model->fit_preprocessing(normal_numbers(100), {});
  const Device* const devices[] = {&cuda::emulated_device(0), &cuda::emulated_device(1)};
  const int64_t rows = 2 * kDeviceTileRows + 100;
  std::vector<double> one(static_cast<size_t>(2 * rows)), all(one.size());
  model->sample(5, 3, {}, one, Resources(1, devices[0]));
  model->sample(5, 3, {}, all, Resources(1, devices[0], devices));
  EXPECT_EQ(all, one);
  const ThereArray<double> there(4);
  expect_refusal(Code::device_unavailable, "computes on all",
                 [&] { model->sample(5, 3, {}, there.out(2), Resources(1, devices[0], devices)); });
}

}  // namespace
}  // namespace castalia
