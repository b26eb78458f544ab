// EPiC-GAN (arXiv:2301.08128): point clouds of any number of particles.
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/cloud_network.h"
#include "models/adversarial/epic_gan/epic_sides.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

// To a deviation of 5, as published: first layers with weights below one then make numbers of order
// one.
constexpr char kUsualChain[] = "standardise; affine(0, 0.2)";

EpicSideOptions side_options(const Specification& s, const char* layers) {
  return {.layers = s.integer(layers),
          .global_features = s.integer("global_features"),
          .layer = {.hidden = s.integer("hidden"),
                    .sum_scale = s.real("sum_scale"),
                    .activation = s.text("activation"),
                    .weight_norm = s.boolean("weight_norm")}};
}

class EpicGan final : public CloudAdversarialNetwork {
 public:
  explicit EpicGan(const Specification& s)
      : CloudAdversarialNetwork(
            s, s.integer("latent") + s.integer("particles") * s.integer("particle_latent"),
            kUsualChain),
        global_latent_(s.integer("latent")),
        particle_latent_(s.integer("particle_latent")),
        generator_(side_options(s, "generator_layers")),
        critic_(side_options(s, "critic_layers")) {}

 private:
  Value make(Trace& trace, Value latent, const Told& told) const override {
    const Value global = slice(latent, 1, 0, global_latent_);
    const Value rest = slice(latent, 1, global_latent_, latent.columns());
    const Cloud cloud = {reshape(rest, Shape{latent.rows(), places(), particle_latent_}),
                         told.context ? concat({global, told.context}, 1) : global, told.mask};
    return epic_generator(trace, cloud, particle_features(), generator_);
  }

  Value score(Trace& trace, Value particles, const Told& told) const override {
    return epic_critic(trace, {particles, told.context, told.mask}, critic_);
  }

  int64_t global_latent_;
  int64_t particle_latent_;
  EpicSideOptions generator_;
  EpicSideOptions critic_;
};

std::vector<Field> epic_gan_fields() {
  return particle_cloud_fields(
      {{.name = "latent",
        .type = FieldType::integer,
        .default_value = "10",
        .meaning = "random numbers of a cloud as a whole",
        .least = 1,
        .greatest = 65536},
       {.name = "particle_latent",
        .type = FieldType::integer,
        .default_value = "3",
        .meaning = "random numbers of each particle",
        .least = 1,
        .greatest = 1024},
       {.name = "hidden",
        .type = FieldType::integer,
        .default_value = "128",
        .meaning = "units of the hidden layers, and of a particle between layers",
        .least = 1,
        .greatest = 65536},
       {.name = "global_features",
        .type = FieldType::integer,
        .default_value = "10",
        .meaning = "units of a cloud as a whole between layers",
        .least = 1,
        .greatest = 65536},
       {.name = "generator_layers",
        .type = FieldType::integer,
        .default_value = "6",
        .meaning = "EPiC layers of the generator",
        .least = 1,
        .greatest = 64},
       {.name = "critic_layers",
        .type = FieldType::integer,
        .default_value = "3",
        .meaning = "EPiC layers of the critic",
        .least = 1,
        .greatest = 64},
       {.name = "sum_scale",
        .type = FieldType::real,
        .default_value = "0.01",
        .meaning = "what sums over particles are multiplied by: keeps them in the size of the "
                   "means",
        .least = 1e-6,
        .greatest = 1},
       {.name = "weight_norm",
        .type = FieldType::boolean,
        .default_value = "true",
        .meaning = "weights are directions times lengths (1602.07868)"},
       {.name = "activation",
        .type = FieldType::text,
        .default_value = R"("leaky_relu")",
        .meaning = "what follows each hidden layer",
        .choices = {activation_names().begin(), activation_names().end()}}},
      kUsualChain);
}

}  // namespace

const Architecture& epic_gan_architecture() {
  static const Architecture architecture = {
      .name = "epic_gan",
      .family = "adversarial",
      .summary = "point clouds of any number of particles by EPiC layers",
      .description =
          "Generates sets of particles, such as the constituents of jets, whatever their order; "
          "the "
          "work grows with their number. " +
          cloud_description() + " As published: adversarial_loss = 'least_squares'.",
      .fields = epic_gan_fields(),
      .capabilities = {Capability::sample},
      .references = {"2301.08128"},
      .build = [](const Specification& s) { return std::make_unique<EpicGan>(s); },
      .examples = {R"({"particles": 5, "hidden": 12, "global_features": 4, "latent": 3,
                       "particle_latent": 2, "generator_layers": 2, "critic_layers": 1,
                       "sum_scale": 0.1, "sorted_by": 2})",
                   R"({"particles": 3, "particle_features": 2, "positive_features": [],
                       "context_features": 1, "hidden": 10, "global_features": 3, "latent": 2,
                       "generator_layers": 1, "critic_layers": 2, "activation": "silu",
                       "cloud_moments": true,
                       "preprocessing": ["standardise", "none"], "weight_norm": false,
                       "latent_distribution": "uniform"})"},
      .make_event = make_cloud_row,
  };
  return architecture;
}

}  // namespace castalia
