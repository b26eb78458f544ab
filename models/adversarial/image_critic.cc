#include "models/adversarial/image_critic.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/batch_norm.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kSlope = 0.2;
constexpr int64_t kMostChannels = 1024;

}  // namespace

Value ImageConditioning::beside(Trace& trace, Value condition, int64_t embedded) const {
  if (!condition || name_ == "film") return {};
  return name_ == "embedding" ? linear(trace, "embedding", condition, embedded) : condition;
}

int64_t image_channels(int64_t channels, int64_t halvings) {
  for (int64_t i = 1; i < halvings && channels < kMostChannels; ++i) channels *= 2;
  return std::min(channels, kMostChannels);
}

Value image_critic(Trace& trace, Value images, Value condition, const ImageCriticOptions& options) {
  const ImageConditioning& conditioning = options.conditioning;
  const bool spectral = options.normalisation == "spectral";
  const bool projects = condition && conditioning.projection();
  const Grid finest = spatial_extents(images.shape());
  if (const Value beside =
          projects ? Value() : conditioning.beside(trace, condition, options.channels)) {
    images = concat({images, at_every_place(beside, finest)}, images.shape().rank() - 1);
  }
  const auto first = std::ranges::find(options.grids, finest) - options.grids.begin();
  for (int64_t i = 0; i < first; ++i) {
    const auto fine = static_cast<size_t>(first - i);
    const bool normalises = options.by_batch() && i > 0;
    ConvolutionOptions down = between_grids(options.grids[fine], options.grids[fine - 1],
                                            image_channels(options.channels, i + 1));
    down.bias = !normalises;
    down.spectral = spectral;
    images = convolution(trace, text("down_", i), images, down);
    if (normalises) {
      images = batch_norm(trace, text("norm_", i), images, {.keeps_statistics = false});
    }
    if (condition && conditioning.film()) {
      images = modulated(images, linear(trace, text("film_", i), condition, 2 * images.columns()));
    }
    images = leaky_relu(images, kSlope);
  }
  const Value hidden = as_rows(images);
  const ConditionedMlpOptions last{.conditioning = "projection", .spectral = spectral};
  const Value score = conditioned_linear(trace, "score", hidden, 1, last);
  return projects ? score + projected(trace, hidden, condition, last) : score;
}

std::vector<Field> image_critic_fields() {
  return {
      {.name = "channels",
       .type = FieldType::integer,
       .default_value = "64",
       .meaning = "channels of the images of half the size; they double with each halving, up to "
                  "1024",
       .least = 1,
       .greatest = 1024},
      {.name = "conditioning",
       .type = FieldType::text,
       .default_value = R"("concatenate")",
       .meaning = "how both come to know the context: beside what they read (concatenate; arXiv "
                  "1411.1784), its linear map there (embedding), scaling and shifting their "
                  "normalised images (film; 1707.00683), or multiplied with the critic's last "
                  "images (projection; 1802.05637)",
       .choices = conditioning_names()},
      {.name = "critic_normalisation",
       .type = FieldType::text,
       .default_value = R"("none")",
       .meaning = "of the critic's layers: weights divided by their largest singular value "
                  "(spectral; 1802.05957), or images by the statistics of their batch, as "
                  "published for DCGAN: not together with a penalty on slopes, which are those "
                  "of single images",
       .choices = {"none", "spectral", "batch"}}};
}

ImageCriticOptions image_critic_options(const Specification& s, const std::vector<Grid>& grids) {
  const std::string conditioning = s.text("conditioning");
  if (conditioning != "concatenate" && s.integer("context_features") == 0) {
    fail(Code::invalid_argument, s.architecture().name,
         ".conditioning is set, but context_features is 0");
  }
  return {.grids = grids,
          .channels = s.integer("channels"),
          .normalisation = s.text("critic_normalisation"),
          .conditioning = ImageConditioning(conditioning)};
}

}  // namespace castalia
