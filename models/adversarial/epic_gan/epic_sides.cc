#include "models/adversarial/epic_gan/epic_sides.h"

#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr Initializer kHe = Initializer::he_uniform;

Cloud through_layers(Trace& trace, Cloud cloud, const EpicSideOptions& options) {
  for (int64_t i = 0; i < options.layers; ++i) {
    cloud = epic_layer(trace, text("epic_", i), cloud, options.layer);
  }
  return cloud;
}

// The two dense layers that make a cloud's global features.
Value global_features(Trace& trace, Value known, const EpicSideOptions& options) {
  const auto act = [&](Value x) { return activation(options.layer.activation, x); };
  const Value hidden = act(linear(trace, "global_in_0", known, options.layer.hidden, kHe));
  return act(linear(trace, "global_in_1", hidden, options.global_features, kHe));
}

}  // namespace

Value epic_generator(Trace& trace, const Cloud& latent, int64_t features,
                     const EpicSideOptions& options) {
  Cloud cloud = latent;
  cloud.particles = activation(
      options.layer.activation,
      particle_linear(trace, "particles_in", latent.particles, options.layer.hidden, kHe));
  cloud.global = global_features(trace, latent.global, options);
  cloud = through_layers(trace, cloud, options);
  const Value particles = particle_linear(trace, "particles_out", cloud.particles, features);
  return latent.mask ? particles * latent.mask : particles;
}

Value epic_critic(Trace& trace, const Cloud& given, const EpicSideOptions& options) {
  const double scale = options.layer.sum_scale;
  const int64_t hidden = options.layer.hidden;
  const auto act = [&](Value x) { return activation(options.layer.activation, x); };
  Cloud cloud = given;
  for (const char* name : {"particles_in_0", "particles_in_1"}) {
    cloud.particles = act(particle_linear(trace, name, cloud.particles, hidden, kHe));
  }
  const Value seen = pooled(cloud, scale);
  cloud.global =
      global_features(trace, given.global ? concat({seen, given.global}, 1) : seen, options);
  cloud = through_layers(trace, cloud, options);
  Value all = concat({pooled(cloud, scale), cloud.global}, 1);
  for (const char* name : {"out_0", "out_1"}) all = act(linear(trace, name, all, hidden, kHe));
  return linear(trace, "score", all, 1);
}

}  // namespace castalia
