#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/point_cloud.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

constexpr int64_t kPoints = 150;
constexpr int64_t kFeatures = 3;  // of a particle, and of its noise
constexpr int64_t kGlobal = 10;
constexpr int64_t kHidden = 128;
constexpr int kGeneratorLayers = 6;
constexpr int kDiscriminatorLayers = 3;
constexpr double kSumScale = 0.01;

Value act(Value x) { return activation("leaky_relu", x); }

// Noise of each particle and of the jet.
Cloud noise(Graph& graph, int64_t rows) {
  return {graph.input("noise", {DType::float32, {rows, kPoints, kFeatures}}),
          graph.input("global noise", {DType::float32, {rows, kGlobal}}), Value()};
}

Value jets(Graph& graph, int64_t rows) {
  return graph.input("jets", {DType::float32, {rows, kPoints, kFeatures}});
}

Value generator(Trace& trace, Cloud cloud) {
  const Initializer he = Initializer::he_uniform;
  cloud.particles = act(particle_linear(trace, "particles_in", cloud.particles, kHidden, he));
  cloud.global = act(linear(trace, "global_in_0", cloud.global, kHidden, he));
  cloud.global = act(linear(trace, "global_in_1", cloud.global, kGlobal, he));
  for (int i = 0; i < kGeneratorLayers; ++i) {
    cloud = epic_layer(trace, "epic_" + std::to_string(i), cloud, {.hidden = kHidden});
  }
  return particle_linear(trace, "particles_out", cloud.particles, kFeatures);
}

// One number a jet.
Value discriminator(Trace& trace, Value particles) {
  const Initializer he = Initializer::he_uniform;
  Cloud cloud;
  cloud.particles = act(particle_linear(trace, "particles_in_0", particles, kHidden, he));
  cloud.particles = act(particle_linear(trace, "particles_in_1", cloud.particles, kHidden, he));
  cloud.global = act(linear(trace, "global_in_0", pooled(cloud, kSumScale), kHidden, he));
  cloud.global = act(linear(trace, "global_in_1", cloud.global, kGlobal, he));
  for (int i = 0; i < kDiscriminatorLayers; ++i) {
    cloud = epic_layer(trace, "epic_" + std::to_string(i), cloud, {.hidden = kHidden});
  }
  const Value seen = concat({pooled(cloud, kSumScale), cloud.global}, 1);
  return linear(trace, "out_1", act(linear(trace, "out_0", seen, kHidden, he)), 1);
}

}  // namespace

std::unique_ptr<Task> make_point_cloud_gan(const Request& request, int threads) {
  const int64_t rows = request.batch;
  const auto generating = std::make_shared<Part>(
      "generator", [](Trace& trace) { generator(trace, noise(trace.graph(), 1)); });
  if (request.mode == "sample") {
    Graph graph;
    Trace trace = generating->trace(graph);
    graph.output("check", generator(trace, noise(graph, rows)));
    return std::make_unique<ProgramTask>(graph, std::vector{generating}, threads);
  }

  const auto judging = std::make_shared<Part>(
      "discriminator", [](Trace& trace) { discriminator(trace, jets(trace.graph(), 1)); });
  const std::vector parts = {generating, judging};
  // Least squares, arXiv:1611.04076. First the discriminator learns, then the generator.
  const auto step = [&](const std::shared_ptr<Part>& trained, const auto& loss_of) {
    Graph graph;
    Trace generator_trace = generating->trace(graph);
    Trace discriminator_trace = judging->trace(graph);
    const Value fake = generator(generator_trace, noise(graph, rows));
    const Value loss = loss_of(fake, discriminator_trace);
    trained->add_adam(trained == judging ? discriminator_trace : generator_trace, loss);
    graph.output("check", loss);
    return std::make_unique<ProgramTask>(graph, parts, threads, trained);
  };
  std::vector<std::unique_ptr<ProgramTask>> steps;
  steps.push_back(step(judging, [&](Value fake, Trace& judge) {
    const Value real = discriminator(judge, jets(judge.graph(), rows));
    return mean(square(real - 1.0)) + mean(square(discriminator(judge, stop_gradient(fake))));
  }));
  steps.push_back(step(generating, [&](Value fake, Trace& judge) {
    return mean(square(discriminator(judge, fake) - 1.0));
  }));
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace castalia::bench
