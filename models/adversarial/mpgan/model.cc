// MPGAN (arXiv:2106.11535): point clouds by message passing on complete graphs.
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/point_cloud.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/cloud_network.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

// The range that the generator's last tanh has.
constexpr char kUsualChain[] = "interval";
constexpr double kLatentDeviation = 0.2;  // as published

MessagePassingOptions layer_options(const Specification& s) {
  MessagePassingOptions options = {.edge_layers = s.integers("edge_layers"),
                                   .node_layers = s.integers("node_layers"),
                                   .mean = s.text("aggregation") == "mean",
                                   .sum_scale = s.real("sum_scale"),
                                   .distances = s.boolean("distances"),
                                   .slope = s.real("slope")};
  if (options.edge_layers.empty()) {
    fail(Code::invalid_argument, "mpgan.edge_layers is empty: messages are made by one or more");
  }
  return options;
}

class MpGan final : public CloudAdversarialNetwork {
 public:
  explicit MpGan(const Specification& s)
      : CloudAdversarialNetwork(s, s.integer("particles") * s.integer("particle_latent"),
                                kUsualChain),
        layer_(layer_options(s)),
        particle_latent_(s.integer("particle_latent")),
        node_features_(s.integer("node_features")),
        generator_layers_(s.integer("generator_layers")),
        critic_layers_(s.integer("critic_layers")),
        critic_dropout_(s.real("critic_dropout")),
        bounded_(s.boolean("bounded")) {}

 private:
  Value make(Trace& trace, Value latent, const Told& told) const override {
    const Shape shape{latent.rows(), places(), particle_latent_};
    Cloud cloud = {reshape(kLatentDeviation * latent, shape), told.context, told.mask};
    for (int64_t i = 0; i < generator_layers_; ++i) {
      const bool last = i + 1 == generator_layers_;
      cloud.particles = message_passing_layer(trace, text("layer_", i), cloud,
                                              last ? particle_features() : node_features_, layer_);
    }
    return (bounded_ ? tanh(cloud.particles) : cloud.particles) * told.mask;
  }

  Value score(Trace& trace, Value particles, const Told& told) const override {
    Cloud cloud = {particles, told.context, told.mask};
    MessagePassingOptions options = layer_;
    options.dropout = critic_dropout_;
    options.dropout_stage = kDropoutStage;
    for (int64_t i = 0; i < critic_layers_; ++i) {
      cloud.particles =
          message_passing_layer(trace, text("layer_", i), cloud, node_features_, options);
      options.dropout_stage +=
          std::ssize(options.edge_layers) + std::ssize(options.node_layers) + 1;
    }
    const Value total = sum(cloud.particles * told.mask, {1}, false);
    const Value count = sum(told.mask, {1}, false);
    const Value one = total.graph().scalar(1.0, total.dtype());
    return linear(trace, "score", total / maximum(count, one), 1);
  }

  MessagePassingOptions layer_;
  int64_t particle_latent_;
  int64_t node_features_;
  int64_t generator_layers_;
  int64_t critic_layers_;
  double critic_dropout_;
  bool bounded_;
};

std::vector<Field> mpgan_fields() {
  const auto layers = [](const char* name, const char* usual, const char* meaning) {
    return Field{.name = name,
                 .type = FieldType::integer_list,
                 .default_value = usual,
                 .meaning = meaning,
                 .least = 1,
                 .greatest = 65536};
  };
  const auto number = [](const char* name, const char* usual, const char* meaning,
                         double greatest) {
    return Field{.name = name,
                 .type = FieldType::integer,
                 .default_value = usual,
                 .meaning = meaning,
                 .least = 1,
                 .greatest = greatest};
  };
  return particle_cloud_fields(
      {number("particle_latent", "32", "random numbers of each particle, of deviation 0.2", 1024),
       number("node_features", "32", "numbers that describe a particle between layers", 65536),
       layers("edge_layers", "[96, 160, 192]",
              "units of the layers of the network that makes a message of two particles; the last "
              "are the message"),
       layers("node_layers", "[256, 256]",
              "hidden units of the network that changes a particle by its messages"),
       number("generator_layers", "2", "rounds of messages in the generator", 64),
       number("critic_layers", "2", "rounds of messages in the critic", 64),
       {.name = "aggregation",
        .type = FieldType::text,
        .default_value = R"("sum")",
        .meaning = "what a particle learns of its messages",
        .choices = {"sum", "mean"}},
       {.name = "sum_scale",
        .type = FieldType::real,
        .default_value = "0.03",
        .meaning = "what sums of messages are multiplied by: keeps them in the size of one message",
        .least = 1e-6,
        .greatest = 1},
       {.name = "distances",
        .type = FieldType::boolean,
        .default_value = "false",
        .meaning = "messages know the distance between the two particles' features"},
       {.name = "slope",
        .type = FieldType::real,
        .default_value = "0.2",
        .meaning = "of the leaky ReLU behind every layer",
        .least = 0,
        .greatest = 1},
       {.name = "critic_dropout",
        .type = FieldType::real,
        .default_value = "0.5",
        .meaning = "share of the results of the critic's layers that is set to 0",
        .least = 0,
        .greatest = 0.95},
       {.name = "bounded",
        .type = FieldType::boolean,
        .default_value = "true",
        .meaning = "generated features, as they are preprocessed, lie in (-1, 1)"}},
      kUsualChain);
}

}  // namespace

const Architecture& mpgan_architecture() {
  static const Architecture architecture = {
      .name = "mpgan",
      .family = "adversarial",
      .summary = "point clouds of any number of particles by message passing",
      .description =
          "Generates sets of particles, such as the constituents of jets, whatever their order: "
          "each particle sends a message to each, so that the work grows with the square of their "
          "number. " +
          cloud_description() +
          " As published: adversarial_loss = 'least_squares', optimiser = 'rmsprop', "
          "beta2 = 0.99, critic_rate = 3.",
      .fields = mpgan_fields(),
      .capabilities = {Capability::sample},
      .references = {"2106.11535"},
      .build = [](const Specification& s) { return std::make_unique<MpGan>(s); },
      .examples = {R"({"particles": 4, "particle_latent": 3, "node_features": 6,
                       "edge_layers": [8, 7], "node_layers": [9], "sorted_by": 2})",
                   R"({"particles": 3, "particle_features": 2, "positive_features": [],
                       "context_features": 1, "particle_latent": 2, "node_features": 5,
                       "edge_layers": [8], "node_layers": [], "generator_layers": 1,
                       "critic_layers": 3, "aggregation": "mean", "distances": true,
                       "critic_dropout": 0, "bounded": false, "cloud_moments": true,
                       "preprocessing": ["standardise", "none"],
                       "latent_distribution": "uniform"})"},
      .make_event = make_cloud_row,
  };
  return architecture;
}

}  // namespace castalia
