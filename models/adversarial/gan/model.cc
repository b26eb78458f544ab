// Generative adversarial networks of dense layers (arXiv:1406.2661).
#include "models/adversarial/dense_network.h"
#include "models/catalogue.h"

namespace castalia {

const Architecture& gan_architecture() {
  static const Architecture architecture = {
      .name = "gan",
      .family = "adversarial",
      .summary = "generative adversarial network of dense layers",
      .description =
          "A generator turns random numbers into events, and a critic learns to tell them from "
          "true ones: any columns, with or without a context. The training fields adversarial_loss "
          "and regularisers make it a Wasserstein GAN with gradient penalty, a least-squares GAN, "
          "and so on. It samples in one pass and has no density.",
      .fields = dense_fields({}),
      .capabilities = {Capability::sample},
      .references = {"1406.2661", "1411.1784", "1610.09585", "1606.03498", "1802.05957"},
      .build = [](const Specification& s) { return std::make_unique<DenseAdversarialNetwork>(s); },
      .examples =
          {
              R"({"features": 2, "latent": 4, "generator_hidden": 16, "generator_layers": 2,
                  "critic_hidden": 16, "critic_layers": 2})",
              R"({"features": 3, "context_features": 1, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 1, "critic_hidden": 12, "critic_layers": 2,
                  "conditioning": "film", "latent_distribution": "uniform", "spectral": true})",
              R"({"features": 2, "context_features": 2, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 1,
                  "conditioning": "projection", "minibatch_features": 3,
                  "preprocessing": ["standardise", "none"]})",
              R"({"features": 2, "context_features": 2, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 2,
                  "auxiliary_weight": 0.5, "generator_activation": "silu"})",
              R"({"features": 2, "context_features": 1, "latent": 3, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 2,
                  "conditioning": "embedding"})",
              R"({"features": 2, "context_features": 2, "classes": 3, "latent": 3,
                  "generator_hidden": 12, "generator_layers": 2, "critic_hidden": 12,
                  "critic_layers": 2, "auxiliary_weight": 0.5})",
          },
      .make_context = make_class,
  };
  return architecture;
}

}  // namespace castalia
