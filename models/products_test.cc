// What products in shorter formats cost a flow of the size that the benchmark has. The figures of
// bfloat16 are printed; docs/running.md states them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kFeatures = 12;
constexpr int64_t kEvents = 2000;
// Untrained, every spline is the identity. Weights of this size put events into all bins.
constexpr double kWeightScale = 0.1;

std::vector<double> normal_numbers(size_t count, uint64_t event) {
  std::vector<double> out(count);
  fill_normal(Stream{5, event, 0, 0}, out);
  return out;
}

std::shared_ptr<Model> flow() {
  std::shared_ptr<Model> model = Model::create("coupling_flow", R"({"features": 12})");
  std::vector<double> weights = normal_numbers(model->parameter_values().size(), 1);
  for (double& weight : weights) weight *= kWeightScale;
  model->set_parameter_values(weights);
  model->fit_preprocessing(normal_numbers(kFeatures * 1000, 2), {});
  return model;
}

double deviation(const std::vector<double>& values, size_t first, size_t step) {
  double sum = 0;
  double squares = 0;
  const double count = static_cast<double>(values.size() / step);
  for (size_t i = first; i < values.size(); i += step) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  return std::sqrt(squares / count - sum / count * (sum / count));
}

// Differences between two arrays in standard deviations of the first's columns, in order of size.
std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b,
                                size_t columns) {
  std::vector<double> out(a.size());
  for (size_t column = 0; column < columns; ++column) {
    const double scale = deviation(a, column, columns);
    for (size_t i = column; i < a.size(); i += columns) out[i] = std::fabs(a[i] - b[i]) / scale;
  }
  std::sort(out.begin(), out.end());
  return out;
}

void report(const char* what, const std::vector<double>& sorted) {
  std::printf("%s: median %.2g, 99.9th percentile %.2g, largest %.2g standard deviations\n", what,
              sorted[sorted.size() / 2], sorted[sorted.size() * 999 / 1000], sorted.back());
}

TEST(Products, RoundedOperandsMoveEventsAndDensitiesALittle) {
  const std::shared_ptr<Model> model = flow();
  std::vector<double> samples(kFeatures * kEvents);
  std::vector<double> log_prob(kEvents);
  model->sample(3, 0, {}, samples);
  model->log_prob(samples, {}, log_prob);
  model->set_products(Products::bfloat16_emulated);
  std::vector<double> rounded_samples(samples.size());
  std::vector<double> rounded_log_prob(log_prob.size());
  model->sample(3, 0, {}, rounded_samples);
  model->log_prob(samples, {}, rounded_log_prob);
  const std::vector<double> moved = differences(samples, rounded_samples, kFeatures);
  const std::vector<double> changed = differences(log_prob, rounded_log_prob, 1);
  report("samples", moved);
  report("log_prob", changed);
  for (const std::vector<double>& each : {moved, changed}) {
    EXPECT_GT(each[each.size() / 2], 1e-5);
    EXPECT_LT(each[each.size() / 2], 3e-2);
  }

  // The same whatever the request's size, and as before when the setting goes back.
  std::vector<double> some(kFeatures * 37);
  model->sample(3, 5, {}, some);
  EXPECT_TRUE(std::equal(some.begin(), some.end(), rounded_samples.begin() + 5 * kFeatures));
  model->set_products(Products::float32);
  std::vector<double> again(samples.size());
  model->sample(3, 0, {}, again);
  EXPECT_EQ(again, samples);
}

// On a device: the shorter the format, the further events move.
TEST(Products, OfADeviceAreInTheFormatThatIsAskedFor) {
  const Device& device = cuda::emulated_device();
  const std::shared_ptr<Model> model = flow();
  const auto sample = [&](const Resources& resources) {
    std::vector<double> events(kFeatures * 100);
    model->sample(3, 0, {}, events, resources);
    return events;
  };
  const std::vector<double> exact = sample({1, &device});
  const auto median = [&](Products products) {
    model->set_products(products, &device);
    const std::vector<double> moved = differences(exact, sample({1, &device}), kFeatures);
    return moved[moved.size() / 2];
  };
  const double bfloat16 = median(Products::bfloat16);
  EXPECT_EQ(median(Products::bfloat16_emulated), bfloat16);
  const double tf32 = median(Products::tf32);
  EXPECT_GT(tf32, 1e-6);
  EXPECT_LT(tf32, bfloat16 / 3);  // it has three bits more
  EXPECT_LT(bfloat16, 3e-2);

  const auto expect_unavailable = [](const auto& call) {
    try {
      call();
      FAIL() << "products in tf32 on the host";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::device_unavailable);
      EXPECT_NE(std::string(error.what()).find("tf32"), std::string::npos) << error.what();
    }
  };
  expect_unavailable([&] { sample({}); });
  EXPECT_EQ(median(Products::float32), 0);
  expect_unavailable([&] { model->set_products(Products::tf32); });
  EXPECT_EQ(sample({1, &device}), exact);
}

}  // namespace
}  // namespace castalia
