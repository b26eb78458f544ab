// StyleGAN (arXiv:1812.04948, 1912.04958): a network maps the latent variables to a style, which
// modulates every layer of the one that makes the image.

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/image_critic.h"
#include "models/adversarial/image_network.h"
#include "models/adversarial/residual_critic.h"
#include "models/adversarial/style_gan/modulated_convolution.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

constexpr double kSlope = 0.2;
constexpr double kTiny = 1e-8;
constexpr double kShareOfBatch = 0.005;  // in the running mean of the style

class StyleGan final : public ImageNetwork {
 public:
  explicit StyleGan(const Specification& s)
      : ImageNetwork(s),
        critic_({.grids = grids(),
                 .channels = s.integer("channels"),
                 .spectral = s.boolean("spectral")}),
        style_(s.integer("style")),
        mapping_layers_(s.integer("mapping_layers")),
        style_truncation_(s.real("style_truncation")) {
    if (s.real("truncation") > 0) {
      fail(Code::invalid_argument,
           "style_gan.truncation has no effect: a style follows from the direction of the random "
           "numbers, not from their size; style_truncation does what it is for");
    }
  }

 private:
  std::vector<Value> generate(Trace& trace, Value latent, Value condition) const override {
    const Value style = this->style(trace, latent, condition);
    Noise noise(trace, latent.rows(), grids());
    const int64_t steps = std::ssize(grids()) - 1;
    Value images = start(trace, latent.rows(), steps);
    Value made;
    for (int64_t i = 0; i <= steps; ++i) {
      const Grid& grid = grids()[static_cast<size_t>(i)];
      const int64_t channels = width(steps - i);
      const Trace::Part part(trace, text("grid_", i));
      if (i > 0) images = layer(trace, "conv_0", enlarged_to(images, grid), style, channels, noise);
      images = layer(trace, "conv_1", images, style, channels, noise);
      const Value drawn =
          modulated_convolution(trace, "draw", images, style,
                                {.channels = cell_features(), .kernel = 1, .demodulates = false});
      made = made ? enlarged_to(made, grid) + drawn : drawn;
    }
    return {made + trace.parameter("bias", {cell_features()}, Initializer::zeros)};
  }

  Value criticise(Trace& trace, Value images, Value condition) const override {
    return residual_critic(trace, images, condition, critic_);
  }

  // Channels of images that so many doublings bring to the shape.
  int64_t width(int64_t doublings) const {
    return image_channels(critic_.channels, std::max(doublings, int64_t{1}));
  }

  // (rows, style). Samples may be drawn from styles nearer to their mean.
  Value style(Trace& trace, Value latent, Value condition) const {
    const Trace::Part part(trace, "mapping");
    const Value norm = sqrt(mean(square(latent), {1}, true) + kTiny);
    Value w = latent / norm;
    if (condition) w = concat({w, linear(trace, "embedding", condition, latent.columns())}, 1);
    for (int64_t i = 0; i < mapping_layers_; ++i) {
      w = leaky_relu(linear(trace, text("linear_", i), w, style_, Initializer::he_uniform), kSlope);
    }
    const Value centre = trace.statistic("mean_style", {style_}, Initializer::zeros);
    if (trace.training) {
      trace.update("mean_style", centre + kShareOfBatch * (mean(w, {0}, false) - centre));
      return w;
    }
    return style_truncation_ == 1 ? w : centre + style_truncation_ * (w - centre);
  }

  // The image that all others grow from, for every row.
  Value start(Trace& trace, int64_t rows, int64_t steps) const {
    Shape shape{1};
    for (const int64_t extent : grids().front()) shape.push_back(extent);
    shape.push_back(width(steps));
    const Value constant = trace.parameter("start", shape, Initializer::ones);
    shape[0] = rows;
    return broadcast_to(constant, shape);
  }

  // Normal numbers for every layer, of stage kImageNoiseStage: feature i of an event is cell i of
  // all layers, one behind the other.
  class Noise {
   public:
    Noise(Trace& trace, int64_t rows, const std::vector<Grid>& grids) {
      int64_t count = 0;
      for (const Grid& grid : grids) count += (&grid == &grids.front() ? 1 : 2) * places(grid);
      // Nothing is drawn where parameters are but declared.
      all_ = trace.seed ? random_normal(trace.seed, trace.first_event, rows, count,
                                        kImageNoiseStage, trace.dtype())
                        : trace.graph().input("noise", {trace.dtype(), {rows, count}});
    }
    // (rows, extents..., 1).
    Value next(const Grid& grid) {
      const int64_t count = places(grid);
      begin_ += count;
      return as_images(slice(all_, 1, begin_ - count, begin_), grid);
    }

   private:
    static int64_t places(const Grid& grid) {
      int64_t count = 1;
      for (const int64_t extent : grid) count *= extent;
      return count;
    }
    Value all_;
    int64_t begin_ = 0;
  };

  static Value layer(Trace& trace, const std::string& name, Value images, Value style,
                     int64_t channels, Noise& noise) {
    const Value drawn = noise.next(spatial_extents(images.shape()));
    const Value made = modulated_convolution(trace, name, images, style, {.channels = channels});
    const Trace::Part part(trace, name);
    const Value strength = trace.parameter("noise", {1}, Initializer::zeros);
    const Value bias = trace.parameter("bias", {channels}, Initializer::zeros);
    return leaky_relu(made + drawn * strength + bias, kSlope);
  }

  ResidualCriticOptions critic_;
  int64_t style_;
  int64_t mapping_layers_;
  double style_truncation_;
};

std::vector<Field> style_gan_fields() {
  return image_fields(
      "normal",
      {{.name = "channels",
        .type = FieldType::integer,
        .default_value = "64",
        .meaning = "channels of the images of the shape and of half of it; they double with each "
                   "further halving, up to 1024",
        .least = 1,
        .greatest = 1024},
       {.name = "style",
        .type = FieldType::integer,
        .default_value = "512",
        .meaning = "numbers of a style",
        .least = 1,
        .greatest = 65536},
       {.name = "mapping_layers",
        .type = FieldType::integer,
        .default_value = "8",
        .meaning = "layers that map the latent variables, and the context, to a style",
        .least = 1,
        .greatest = 64},
       {.name = "style_truncation",
        .type = FieldType::real,
        .default_value = "1",
        .meaning = "of samples: how far a style lies from the mean of all styles, over what it was",
        .least = 0,
        .greatest = 1},
       {.name = "spectral",
        .type = FieldType::boolean,
        .default_value = "false",
        .meaning =
            "the critic's weights are divided by their largest singular value (1802.05957)"}});
}

}  // namespace

const Architecture& style_gan_architecture() {
  static const Architecture architecture = {
      .name = "style_gan",
      .family = "adversarial",
      .summary = "images whose every layer is modulated by a style, with noise in each cell",
      .description =
          "A network maps random numbers and the context to a style. From one image of a few "
          "cells, "
          "which is learned, convolutions and doublings make the image; the style scales the "
          "channels of each, whose kernels are demodulated, and each adds noise of its own to "
          "every "
          "cell, so that what fluctuates from cell to cell need not come from the latent "
          "variables. "
          "Images of all sizes add up to the last. Samples are truncated towards the mean style by "
          "style_truncation. Cells are as in dcgan. Meant for adversarial_loss = 'non_saturating' "
          "with the regulariser 'r1'.",
      .fields = style_gan_fields(),
      .capabilities = {Capability::sample},
      .references = {"1812.04948", "1912.04958"},
      .build = [](const Specification& s) { return std::make_unique<StyleGan>(s); },
      .examples = {R"({"shape": [5, 4], "smallest": 2, "latent": 6, "channels": 4, "style": 8,
                       "mapping_layers": 2, "context_features": 1, "style_truncation": 0.7})",
                   R"({"shape": [3, 2, 4], "smallest": 2, "latent": 4, "channels": 3, "style": 5,
                       "mapping_layers": 1, "cells": "reals", "cell_features": 2,
                       "spectral": true})"},
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
