// Residual generators of images whose context and latent variables modulate every block, as in
// BigGAN (arXiv:1809.11096), and which may refine a coarse image, as in StackGAN
// (arXiv:1612.03242).

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/batch_norm.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/image_critic.h"
#include "models/adversarial/image_network.h"
#include "models/adversarial/residual_critic.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

class Stacked final : public ImageNetwork {
 public:
  explicit Stacked(const Specification& s)
      : ImageNetwork(s),
        critic_({.grids = grids(),
                 .channels = s.integer("channels"),
                 .spectral = s.boolean("spectral")}),
        embedding_(s.integer("embedding")),
        resolutions_(s.integer("resolutions")),
        orthogonality_(s.real("orthogonality")) {
    if (resolutions_ > blocks()) {
      fail(Code::out_of_range, "stacked.resolutions is ", resolutions_,
           ", but the shape is reached by ", blocks(), " doublings");
    }
    if (s.integer("latent") <= blocks()) {
      fail(Code::out_of_range, "stacked.latent is ", s.integer("latent"), ": each of ", blocks(),
           " blocks and the first image take a share of the numbers");
    }
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    Contest contest = ImageNetwork::contest(trace, x, context);
    if (orthogonality_ > 0) {
      const Value each = reshape(orthogonality_ * not_orthogonal(trace), Shape{1, 1});
      contest.further.of_generator = broadcast_to(each, Shape{x.rows(), 1});
    }
    return contest;
  }

 private:
  int64_t blocks() const { return std::ssize(grids()) - 1; }
  // Of the image that block i reads.
  int64_t width(int64_t i) const { return image_channels(critic_.channels, blocks() - i); }

  std::vector<Value> generate(Trace& trace, Value latent, Value condition) const override {
    const int64_t share = latent.columns() / (blocks() + 1);
    const int64_t first = latent.columns() - share * blocks();
    const Value shared = condition ? linear(trace, "embedding", condition, embedding_) : Value();
    const Grid& coarsest = grids().front();
    int64_t places = 1;
    for (const int64_t extent : coarsest) places *= extent;
    Value images =
        as_images(linear(trace, "start", slice(latent, 1, 0, first), places * width(0)), coarsest);
    std::vector<Value> made;
    for (int64_t i = 0; i < blocks(); ++i) {
      const int64_t begin = first + i * share;
      Value told = slice(latent, 1, begin, begin + share);
      if (shared) told = concat({shared, told}, 1);
      const Grid& fine = grids()[static_cast<size_t>(i + 1)];
      images = block(trace, i, images, told, fine);
      if (i < blocks() - resolutions_) continue;
      // Whatever is on this grid refines what was made on the one before.
      const Trace::Part part(trace, text("image_", i));
      const Value seen = relu(batch_norm(trace, "norm", images));
      const Value drawn = layer(trace, "draw", seen, fine, 3, cell_features(), true);
      made.push_back(made.empty() ? drawn : enlarged_to(made.back(), fine) + drawn);
    }
    return made;
  }

  Value criticise(Trace& trace, Value images, Value condition) const override {
    return residual_critic(trace, images, condition, critic_);
  }

  Value layer(Trace& trace, const std::string& name, Value x, const Grid& grid, int64_t kernel,
              int64_t channels, bool bias) const {
    ConvolutionOptions options = on_grid(grid, kernel, channels);
    options.bias = bias;
    options.spectral = critic_.spectral;
    return convolution(trace, name, x, options);
  }

  Value block(Trace& trace, int64_t i, Value images, Value told, const Grid& fine) const {
    const Trace::Part part(trace, text("block_", i));
    const int64_t channels = width(i + 1);
    const auto normalised = [&](const char* name, Value x) {
      return relu(batch_norm(trace, name, x, {.condition = told}));
    };
    // No layer has a bias: what normalises behind it would take it away.
    const Value hidden = layer(trace, "conv_0", enlarged_to(normalised("norm_0", images), fine),
                               fine, 3, channels, false);
    return layer(trace, "conv_1", normalised("norm_1", hidden), fine, 3, channels, false) +
           layer(trace, "skip", enlarged_to(images, fine), fine, 1, channels, false);
  }

  // How far the kernels of the blocks are from having orthogonal outputs, whatever their norms: the
  // squares of all products of two of them, of shape [], float64.
  Value not_orthogonal(Trace& trace) const {
    const Trace::Part generator(trace, "generator");
    const Grid& shape = grids().back();
    Value total = trace.graph().scalar(0, DType::float64);
    for (int64_t i = 0; i < blocks(); ++i) {
      const Trace::Part part(trace, text("block_", i));
      for (const auto& [name, inputs] :
           {std::pair{"conv_0.weight", width(i)}, std::pair{"conv_1.weight", width(i + 1)}}) {
        Shape kernel;
        for (size_t axis = 0; axis < shape.size(); ++axis) kernel.push_back(3);
        kernel.push_back(inputs);
        kernel.push_back(width(i + 1));
        const Value weight = trace.parameter(name, kernel, Initializer::he_uniform);
        const Value matrix = reshape(weight, Shape{kernel.count() / kernel.back(), kernel.back()});
        const Value products = cast(matmul(transpose(matrix, {1, 0}), matrix), DType::float64);
        const Value norms = sum(square(cast(matrix, DType::float64)), {0}, false);
        total = total + sum(square(products), {0, 1}, false) - sum(square(norms), {0}, false);
      }
    }
    return total;
  }

  ResidualCriticOptions critic_;
  int64_t embedding_;
  int64_t resolutions_;
  double orthogonality_;
};

std::vector<Field> stacked_fields() {
  return image_fields(
      "normal",
      {{.name = "channels",
        .type = FieldType::integer,
        .default_value = "64",
        .meaning = "channels of the images of half the size; they double with each halving, up to "
                   "1024",
        .least = 1,
        .greatest = 1024},
       {.name = "embedding",
        .type = FieldType::integer,
        .default_value = "128",
        .meaning = "numbers that the context is mapped to for all blocks of the generator",
        .least = 1,
        .greatest = 65536},
       {.name = "resolutions",
        .type = FieldType::integer,
        .default_value = "1",
        .meaning = "images are made on so many of the finest grids, each refining the coarser one "
                   "before it, and each judged by a critic of its own (1612.03242)",
        .least = 1,
        .greatest = 16},
       {.name = "spectral",
        .type = FieldType::boolean,
        .default_value = "true",
        .meaning =
            "the kernels of both, and the critic's other weights, are divided by their largest "
            "singular value (1802.05957)"},
       {.name = "orthogonality",
        .type = FieldType::real,
        .default_value = "1e-4",
        .meaning =
            "the squares of all products of two kernels of a layer of the generator count so "
            "much in its loss (1809.11096)",
        .least = 0,
        .greatest = 1e6}});
}

}  // namespace

const Architecture& stacked_architecture() {
  static const Architecture architecture = {
      .name = "stacked",
      .family = "adversarial",
      .summary = "images by residual blocks, for a context, from coarse to fine",
      .description =
          "Doubles a small image by residual blocks. Each block normalises by the batch (in "
          "samples "
          "by running means) and scales and shifts the result by linear maps of its own share of "
          "the random numbers and of an embedding of the context that all blocks share; the critic "
          "multiplies its last layer with a map of the context. With resolutions above 1, images "
          "are made on several grids: each refines the one before, and every one has a critic of "
          "its own. Cells are as in dcgan. Meant for adversarial_loss = 'hinge'.",
      .fields = stacked_fields(),
      .capabilities = {Capability::sample},
      .references = {"1809.11096", "1612.03242", "1707.00683"},
      .build = [](const Specification& s) { return std::make_unique<Stacked>(s); },
      .examples =
          {R"({"shape": [5, 3], "smallest": 2, "latent": 5, "channels": 2, "embedding": 3,
                       "context_features": 2, "total_column": 1, "resolutions": 2,
                       "truncation": 0.8})",
           R"({"shape": [6, 2], "smallest": 3, "latent": 4, "channels": 3, "spectral": false,
                       "orthogonality": 0, "cells": "reals"})"},
      .positive = true,
  };
  return architecture;
}

}  // namespace castalia
