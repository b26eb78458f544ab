// The two sides of EPiC-GAN (arXiv:2301.08128): networks of EPiC layers.
#ifndef CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_EPIC_SIDES_H_
#define CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_EPIC_SIDES_H_

#include <cstdint>

#include "cpp/nn/point_cloud.h"

namespace castalia {

struct EpicSideOptions {
  int64_t layers = 6;
  int64_t global_features = 10;  // of a cloud, in every layer
  EpicOptions layer = {};        // its hidden units are also a particle's features
};

// Clouds, (rows, places, features), of latent particles and a latent global vector. Reordering the
// latent particles reorders those of the cloud. Places without a particle hold zeros.
Value epic_generator(Trace& trace, const Cloud& latent, int64_t features,
                     const EpicSideOptions& options);

// One score a cloud, (rows, 1), in whatever order its particles are. The cloud's global vector is
// what is known of it, and may be null.
Value epic_critic(Trace& trace, const Cloud& cloud, const EpicSideOptions& options);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_EPIC_SIDES_H_
