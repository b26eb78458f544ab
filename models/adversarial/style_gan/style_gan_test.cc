// Modulated convolutions by plain loops, and what style and noise each are for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/style_gan/modulated_convolution.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

TEST(ModulatedConvolution, ScalesItsKernelForEachRow) {
  constexpr size_t kRows = 2;
  constexpr size_t kSide = 4;
  constexpr size_t kIn = 3;
  constexpr size_t kOut = 2;
  std::vector<double> x(kRows * kSide * kIn);
  std::vector<double> style(kRows * 2);
  fill_normal(Stream{1, 0, 1, 0}, x);
  fill_normal(Stream{1, 0, 2, 0}, style);
  for (const bool demodulates : {true, false}) {
    const std::vector<double> out = evaluate_layer(
        {{"x", {kRows, kSide, kIn}, x}, {"style", {kRows, 2}, style}},
        [&](Trace& trace, const std::vector<Value>& in) {
          const Value y = modulated_convolution(trace, "layer", in[0], in[1],
                                                {.channels = kOut, .demodulates = demodulates});
          return std::vector<Value>{
              y, trace.parameter("layer.weight", {3, kIn, kOut}, Initializer::he_uniform),
              trace.parameter("layer.style.weight", {2, kIn}, Initializer::glorot_uniform)};
        });
    const double* kernel = out.data() + kRows * kSide * kOut;
    const double* map = kernel + 3 * kIn * kOut;
    for (size_t row = 0; row < kRows; ++row) {
      double own[3][kIn][kOut];
      for (size_t o = 0; o < kOut; ++o) {
        double squares = 0;
        for (size_t tap = 0; tap < 3; ++tap) {
          for (size_t i = 0; i < kIn; ++i) {
            const double scale = 1 + style[2 * row] * map[i] + style[2 * row + 1] * map[kIn + i];
            own[tap][i][o] = scale * kernel[(tap * kIn + i) * kOut + o];
            squares += own[tap][i][o] * own[tap][i][o];
          }
        }
        for (size_t place = 0; place < kSide; ++place) {
          double sum = 0;
          for (size_t tap = 0; tap < 3; ++tap) {
            if (place + tap < 1 || place + tap > kSide) continue;
            for (size_t i = 0; i < kIn; ++i) {
              sum += own[tap][i][o] * x[(row * kSide + place + tap - 1) * kIn + i];
            }
          }
          const double expected = demodulates ? sum / std::sqrt(squares + 1e-8) : sum;
          EXPECT_NEAR(out[(row * kSide + place) * kOut + o], expected, 1e-12);
        }
      }
    }
  }
}

constexpr size_t kCells = 6;

std::shared_ptr<Model> fitted(const std::string& more) {
  const std::shared_ptr<Model> model = Model::create(
      "style_gan", R"({"shape": [6], "smallest": 3, "latent": 5, "channels": 4, "style": 6,
                       "mapping_layers": 2, "cells": "reals", "dtype": "float64")" +
                       more + "}");
  std::vector<double> x(20 * kCells);
  fill_normal(Stream{2, 0, 1, 0}, x);
  model->fit_preprocessing(x, {});
  return model;
}

void set_noise(Model& model, double strength) {
  std::vector<double> weights = model.parameter_values();
  for (const Parameter& each : model.parameter_table().parameters()) {
    if (each.name.ends_with(".noise")) weights[static_cast<size_t>(each.offset)] = strength;
  }
  model.set_parameter_values(weights);
}

bool two_are_alike(const Model& model) {
  std::vector<double> events(2 * kCells);
  model.sample(1, 0, {}, events);
  return std::equal(events.begin(), events.begin() + kCells, events.begin() + kCells);
}

TEST(StyleGan, EventsDifferByTheirStyleAndByTheirNoise) {
  EXPECT_FALSE(two_are_alike(*fitted("")));  // the noise is 0 at first
  const std::shared_ptr<Model> mean_style = fitted(R"(, "style_truncation": 0)");
  EXPECT_TRUE(two_are_alike(*mean_style));
  set_noise(*mean_style, 0.3);
  EXPECT_FALSE(two_are_alike(*mean_style));
}

TEST(StyleGan, KeepsTheMeanOfItsStyles) {
  const std::shared_ptr<Model> model = fitted("");
  auto data = std::make_shared<Dataset>();
  data->rows = 600;
  data->features = kCells;
  data->x.resize(600 * kCells);
  fill_normal(Stream{2, 0, 1, 0}, data->x);
  const auto trainer = make_trainer(
      *model, data, TrainingOptions(R"({"steps": 20, "batch": 32, "regularisers": ["r1"],
                                        "validate_every": 20})"),
      1);
  trainer->advance(20);
  const std::vector<double> weights = trainer->parameter_values();
  for (const Parameter& each : model->parameter_table().parameters()) {
    EXPECT_EQ(each.trainable, each.name != "generator.mapping.mean_style") << each.name;
    if (each.trainable) continue;
    double largest = 0;
    for (int64_t i = 0; i < each.shape.count(); ++i) {
      largest = std::max(largest, std::abs(weights[static_cast<size_t>(each.offset + i)]));
    }
    EXPECT_GT(largest, 1e-3);
  }
}

}  // namespace
}  // namespace castalia
