#include "models/adversarial/epic_gan/epic_sides.h"

#include "cpp/base/text.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// The two dense layers that make a cloud's global features.
Value global_features(Trace& trace, Value known, const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  const auto act = [&](Value x) { return activation(layer.activation, x); };
  const Value hidden = act(epic_linear(trace, "global_in_0", known, layer.hidden, layer));
  return act(epic_linear(trace, "global_in_1", hidden, options.global_features, layer));
}

}  // namespace

Value epic_generator(Trace& trace, const Cloud& latent, int64_t features,
                     const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  Cloud cloud = latent;
  cloud.particles =
      masked(activation(layer.activation,
                        epic_linear(trace, "particles_in", latent.particles, layer.hidden, layer)),
             latent.mask);
  cloud.global = global_features(trace, latent.global, options);
  // Every layer is given again what the first was given.
  const Cloud first = cloud;
  for (int64_t i = 0; i < options.layers; ++i) {
    cloud = epic_layer(trace, text("epic_", i), cloud, layer);
    cloud.particles = cloud.particles + first.particles;
    cloud.global = cloud.global + first.global;
  }
  return masked(epic_linear(trace, "particles_out", cloud.particles, features, layer), latent.mask);
}

Value epic_critic(Trace& trace, const Cloud& given, const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  const auto act = [&](Value x) { return activation(layer.activation, x); };
  const auto dense = [&](const char* name, Value x) {
    return epic_linear(trace, name, x, layer.hidden, layer);
  };
  Cloud cloud = given;
  cloud.particles = act(dense("particles_in_0", cloud.particles));
  cloud.particles =
      masked(act(dense("particles_in_1", cloud.particles) + cloud.particles), given.mask);
  const Value seen = pooled(cloud, layer.sum_scale);
  cloud.global =
      global_features(trace, given.global ? concat({seen, given.global}, 1) : seen, options);
  for (int64_t i = 0; i < options.layers; ++i) {
    cloud = epic_layer(trace, text("epic_", i), cloud, layer);
  }
  Value all = act(dense("out_0", concat({pooled(cloud, layer.sum_scale), cloud.global}, 1)));
  all = act(dense("out_1", all) + all);
  return epic_linear(trace, "score", all, 1, layer);
}

}  // namespace castalia
