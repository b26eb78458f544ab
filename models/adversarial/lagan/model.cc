// LAGAN (arXiv:1701.05927): images of jets, by locally connected layers.
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/adversarial_network.h"
#include "models/adversarial/lagan/image_sides.h"
#include "models/adversarial/lagan/pixel_scale.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

constexpr size_t kLayers = 4;  // whose channels are set, on either side

ImageShape image_shape(const Specification& s) {
  const std::vector<int64_t> extents = s.integers("shape");
  if (extents.size() != 2) {
    fail(Code::invalid_argument, "lagan.shape has ", extents.size(),
         " entries: give the rows and the columns of an image");
  }
  return {extents[0], extents[1]};
}

std::vector<int64_t> layer_channels(const Specification& s, const char* field) {
  const std::vector<int64_t> given = s.integers(field);
  if (given.size() != kLayers) {
    fail(Code::invalid_argument, "lagan.", field, " has ", given.size(), " entries: give ",
         kLayers);
  }
  return given;
}

// All pixels are read alike, by one scale: no column of the data has a chain of its own.
class Lagan final : public AdversarialNetwork {
 public:
  explicit Lagan(const Specification& s)
      : AdversarialNetwork(s, 0, {}, s.integer("latent"), s.integer("classes")),
        shape_(image_shape(s)),
        scale_(shape_.pixels(), s.real("softness"), s.real("threshold")),
        generator_channels_(layer_channels(s, "generator_channels")),
        critic_channels_(layer_channels(s, "critic_channels")),
        minibatch_features_(s.integer("minibatch_features")),
        auxiliary_weight_(s.real("auxiliary_weight")) {}

  int64_t features() const override { return shape_.pixels(); }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    scale_.fit(x);
    fit_tables(x, context);
    check_rows({}, context, 0);
  }
  bool fitted() const override { return AdversarialNetwork::fitted() && scale_.brightest() > 0; }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    scale_.check(x, first_row);
    AdversarialNetwork::check_rows({}, context, first_row);
  }

  std::string preprocessing_json() const override {
    nlohmann::json all = nlohmann::json::parse(AdversarialNetwork::preprocessing_json());
    all["brightest"] = scale_.brightest();
    return all.dump();
  }
  void set_preprocessing_json(const std::string& text) override {
    AdversarialNetwork::set_preprocessing_json(text);
    const nlohmann::json stored = nlohmann::json::parse(text);
    const auto brightest = stored.find("brightest");
    const bool valid = brightest != stored.end() && brightest->is_number() &&
                       std::isfinite(brightest->get<double>()) && brightest->get<double>() >= 0;
    if (!valid)
      fail(Code::corrupt_file, "the stored brightest pixel is not a number of 0 or above");
    scale_.set_brightest(brightest->get<double>());
  }

 private:
  int64_t preprocessed_features() const override { return shape_.pixels(); }
  // Without a context there is nothing to estimate.
  double auxiliary_weight() const override {
    return context_features() > 0 ? auxiliary_weight_ : 0;
  }

  Value generate(Trace& trace, Value latent, Value condition) const override {
    return generate_image(trace, latent, condition, shape_, generator_channels_);
  }

  // A critic that is to estimate the condition is not told it.
  Criticism criticise(Trace& trace, Value events, Value condition) const override {
    const Value features =
        image_features(trace, events, shape_, critic_channels_, minibatch_features_);
    Criticism criticism{.score = linear(trace, "score", features, 1), .estimate = {}};
    if (!condition) return criticism;
    if (auxiliary_weight() > 0) {
      criticism.estimate = linear(trace, "estimate", features, condition.columns());
    } else {
      criticism.score = criticism.score + projected(trace, features, condition, {});
    }
    return criticism;
  }

  Value prepared(Trace& trace, Value x) const override {
    return cast(scale_.read(x), trace.dtype());
  }
  Value restored(Value events, Value) const override { return scale_.pixels(events); }

  ImageShape shape_;
  PixelScale scale_;
  std::vector<int64_t> generator_channels_;
  std::vector<int64_t> critic_channels_;
  int64_t minibatch_features_;
  double auxiliary_weight_;
};

std::vector<Field> lagan_fields() {
  return with_common_fields({
      {.name = "shape",
       .type = FieldType::integer_list,
       .default_value = "[25, 25]",
       .meaning = "rows and columns of an image, which stands row after row in a row of the data",
       .least = kLeastImageExtent,
       .greatest = 1024},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "columns of the context that the images are generated for",
       .least = 0,
       .greatest = 65536},
      classes_field(),
      {.name = "latent",
       .type = FieldType::integer,
       .default_value = "200",
       .meaning = "random numbers that an image is made from",
       .least = 1,
       .greatest = 65536},
      {.name = "latent_distribution",
       .type = FieldType::text,
       .default_value = R"("normal")",
       .meaning = "theirs: standard normal, or uniform in (-1, 1)",
       .choices = {"normal", "uniform"}},
      {.name = "generator_channels",
       .type = FieldType::integer_list,
       .default_value = "[128, 64, 6, 6]",
       .meaning = "channels in the generator: of the first image, of the convolution, and of the "
                  "two locally connected layers before the last",
       .least = 1,
       .greatest = 4096},
      {.name = "critic_channels",
       .type = FieldType::integer_list,
       .default_value = "[32, 8, 8, 8]",
       .meaning = "channels in the critic: of the convolution, and of the three locally connected "
                  "layers",
       .least = 1,
       .greatest = 4096},
      {.name = "minibatch_features",
       .type = FieldType::integer,
       .default_value = "20",
       .meaning = "minibatch discrimination: so many measures of how close an image is to the "
                  "others of its batch are given to the critic (1606.03498)",
       .least = 0,
       .greatest = 4096},
      {.name = "auxiliary_weight",
       .type = FieldType::real,
       .default_value = "1",
       .meaning = "where there is a context, the critic is not told it but estimates it, and its "
                  "errors count so much in both losses: squares for numbers, the cross entropy "
                  "for a class (1610.09585); 0: it is told",
       .least = 0,
       .greatest = 1e6},
      {.name = "softness",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "the share s of a bright pixel where what the networks read, log(1 + share / s), "
                  "turns from linear to logarithmic; 0: they read the share itself, as published",
       .least = 0,
       .greatest = 1},
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "pixels below it are 0, true ones and made ones, in the unit of the data",
       .least = 0,
       .greatest = 1e12},
      {.name = "context_preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "one chain of steps for each column of the context but the class, such as 'log; "
                  "standardise'; empty: standardise"},
  });
}

}  // namespace

const Architecture& lagan_architecture() {
  static const Architecture architecture = {
      .name = "lagan",
      .family = "adversarial",
      .summary = "jet images by locally connected layers",
      .description =
          "Draws images whose pixels are 0 or above, most of them 0, such as the transverse "
          "momentum of a jet in cells of eta and phi. In a jet that was centred and turned every "
          "place has its own meaning, so the layers have weights of their own at every place. With "
          "classes the images are generated for a kind of jet, and the critic says which kind it "
          "takes them for. It samples in one pass and has no density.",
      .fields = lagan_fields(),
      .capabilities = {Capability::sample},
      .references = {"1701.05927", "1610.09585", "1606.03498"},
      .build = [](const Specification& s) { return std::make_unique<Lagan>(s); },
      .examples =
          {
              R"({"shape": [4, 4], "latent": 6, "generator_channels": [3, 4, 2, 2],
                  "critic_channels": [3, 2, 2, 2], "minibatch_features": 3})",
              R"({"shape": [5, 6], "context_features": 1, "classes": 2, "latent": 5,
                  "generator_channels": [2, 3, 2, 3], "critic_channels": [2, 3, 2, 2],
                  "minibatch_features": 2, "threshold": 0.02, "softness": 0.01})",
              R"({"shape": [4, 5], "context_features": 2, "classes": 2, "latent": 5,
                  "latent_distribution": "uniform", "generator_channels": [2, 3, 2, 2],
                  "critic_channels": [2, 2, 2, 2], "minibatch_features": 0,
                  "auxiliary_weight": 0})",
          },
      .positive = true,
      .make_context = make_class,
  };
  return architecture;
}

}  // namespace castalia
