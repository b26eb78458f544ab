// DCGAN (arXiv:1511.06434): images and voxel grids by transposed convolutions.

#include "cpp/base/text.h"
#include "cpp/nn/batch_norm.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/image_critic.h"
#include "models/adversarial/image_network.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

class Dcgan final : public ImageNetwork {
 public:
  explicit Dcgan(const Specification& s)
      : ImageNetwork(s),
        critic_(image_critic_options(s, grids())),
        normalises_(s.text("generator_normalisation") == "batch") {}

  bool normalises_by_batch() const override { return critic_.by_batch(); }

 private:
  std::vector<Value> generate(Trace& trace, Value latent, Value condition) const override {
    if (const Value beside = critic_.conditioning.beside(trace, condition, latent.columns())) {
      latent = concat({latent, beside}, 1);
    }
    const auto steps = std::ssize(grids()) - 1;
    const Grid& coarsest = grids().front();
    int64_t places = 1;
    for (const int64_t extent : coarsest) places *= extent;
    const int64_t first = image_channels(critic_.channels, steps);
    // What normalises has shifts of its own.
    const Value weight = trace.parameter("start.weight", {latent.columns(), places * first},
                                         Initializer::he_uniform);
    Value images = as_images(matmul(latent, weight), coarsest);
    for (int64_t i = 0; i < steps; ++i) {
      images = relu(normalised(trace, text("norm_", i), images, condition));
      const auto fine = static_cast<size_t>(i + 1);
      const bool last = i + 1 == steps;
      ConvolutionOptions up =
          between_grids(grids()[fine], grids()[fine - 1],
                        last ? cell_features() : image_channels(critic_.channels, steps - i - 1));
      up.bias = last;
      images = convolution_transpose(trace, text("up_", i), images, up);
    }
    return {images};
  }

  Value criticise(Trace& trace, Value images, Value condition) const override {
    return image_critic(trace, images, condition, critic_);
  }

  Value normalised(Trace& trace, const std::string& name, Value images, Value condition) const {
    const Value told = critic_.conditioning.film() ? condition : Value();
    if (normalises_) return batch_norm(trace, name, images, {.condition = told});
    const Trace::Part part(trace, name);
    if (told) return modulated(images, linear(trace, "film", told, 2 * images.columns()));
    return images + trace.parameter("bias", {images.columns()}, Initializer::zeros);
  }

  ImageCriticOptions critic_;
  bool normalises_;
};

std::vector<Field> dcgan_fields() {
  std::vector<Field> own = image_critic_fields();
  own.push_back({.name = "generator_normalisation",
                 .type = FieldType::text,
                 .default_value = R"("batch")",
                 .meaning =
                     "of the generator's images before their rectifiers: by the statistics of "
                     "the batch while it learns and by their running mean in samples",
                 .choices = {"batch", "none"}});
  return image_fields("uniform", std::move(own));
}

}  // namespace

const Architecture& dcgan_architecture() {
  static const Architecture architecture = {
      .name = "dcgan",
      .family = "adversarial",
      .summary = "images and voxel grids by transposed convolutions",
      .description =
          "Makes an image of a few cells from random numbers and doubles it by transposed "
          "convolutions until it has the shape; the critic halves it again. Sizes need not be "
          "powers "
          "of two: halves are rounded up. In training the generator's images are normalised by the "
          "statistics of the batch, in samples by their running mean, so that an image does not "
          "depend on those beside it. Cells that are energies are generated on a logarithmic scale "
          "that goes through 0, so that empty cells are exactly that; they may have a threshold "
          "and "
          "a given sum. The training fields adversarial_loss and regularisers say how both sides "
          "learn.",
      .fields = dcgan_fields(),
      .capabilities = {Capability::sample},
      .references = {"1511.06434", "1502.03167"},
      .build = [](const Specification& s) { return std::make_unique<Dcgan>(s); },
      .examples =
          {R"({"shape": [5, 4], "smallest": 2, "latent": 6, "channels": 4,
                       "context_features": 2, "total_column": 0, "threshold": 0.02,
                       "conditioning": "film"})",
           R"({"shape": [2, 3, 6], "smallest": 3, "latent": 5, "channels": 3, "cells": "reals",
                       "cell_features": 2, "critic_normalisation": "spectral",
                       "latent_distribution": "normal", "truncation": 1.0})",
           R"({"shape": [7], "smallest": 2, "latent": 4, "channels": 4,
                       "context_features": 1, "conditioning": "projection",
                       "critic_normalisation": "batch"})",
           R"({"shape": [4, 6], "smallest": 3, "latent": 4, "channels": 4,
                       "context_features": 1, "conditioning": "embedding",
                       "generator_normalisation": "none"})"},
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
