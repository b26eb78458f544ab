#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

constexpr int64_t kLatent = 128;
constexpr int64_t kBase = 64;
constexpr int64_t kChannels = 3;
constexpr int64_t kSide = 32;
constexpr double kPenalty = 10;

ConvolutionOptions by_two(int64_t channels, bool bias) {
  return {.channels = channels, .kernel = {4, 4}, .window = Window::padded({1}, {2}), .bias = bias};
}

Value normalized(Trace& trace, const std::string& name, Value images) {
  const Trace::Part part(trace, name);
  const Shape shape{images.columns()};
  const Value scale = trace.parameter("scale", shape, Initializer::ones);
  const Value bias = trace.parameter("bias", shape, Initializer::zeros);
  return batch_norm(images, scale, bias).y;
}

Value latent(Graph& graph, int64_t rows) {
  return graph.input("z", {DType::float32, {rows, kLatent}});
}

Value pictures(Graph& graph, int64_t rows) {
  return graph.input("real", {DType::float32, {rows, kSide, kSide, kChannels}});
}

Value generator(Trace& trace, Value z) {
  Value images = reshape(linear(trace, "start", z, 16 * 4 * kBase, Initializer::he_uniform),
                         Shape{z.rows(), 4, 4, 4 * kBase});
  images = relu(normalized(trace, "norm_0", images));
  images = convolution_transpose(trace, "up_0", images, by_two(2 * kBase, false));
  images = relu(normalized(trace, "norm_1", images));
  images = convolution_transpose(trace, "up_1", images, by_two(kBase, false));
  images = relu(normalized(trace, "norm_2", images));
  return tanh(convolution_transpose(trace, "up_2", images, by_two(kChannels, true)));
}

Value leaky(Value x) { return maximum(x, 0.2 * x); }

// One number an image.
Value critic(Trace& trace, Value images) {
  const Value first = convolution(trace, "down_0", images, by_two(kBase, true));
  const Value second = convolution(trace, "down_1", leaky(first), by_two(2 * kBase, true));
  const Value third = convolution(trace, "down_2", leaky(second), by_two(4 * kBase, true));
  const Value flat = reshape(leaky(third), Shape{images.rows(), 16 * 4 * kBase});
  return linear(trace, "out", flat, 1);
}

}  // namespace

std::unique_ptr<Task> make_wasserstein_gan(const Request& request, int threads) {
  const int64_t rows = request.batch;
  const auto generating = std::make_shared<Part>(
      "generator", [](Trace& trace) { generator(trace, latent(trace.graph(), 1)); });
  const auto judging = std::make_shared<Part>(
      "critic", [](Trace& trace) { critic(trace, pictures(trace.graph(), 1)); });
  const std::vector parts = {generating, judging};

  std::vector<std::unique_ptr<ProgramTask>> steps;
  {
    Graph graph;
    Trace generator_trace = generating->trace(graph);
    Trace trace = judging->trace(graph);
    const Value fake = stop_gradient(generator(generator_trace, latent(graph, rows)));
    const Value real = pictures(graph, rows);
    const Value mix = graph.input("mix", {DType::float32, {rows, 1, 1, 1}});
    const Value between = fake + mix * (real - fake);
    const Value slope = gradient(sum(critic(trace, between)), std::vector{between})[0];
    const Value norm = sqrt(sum(square(slope), {1, 2, 3}, false) + 1e-12);
    const Value loss =
        mean(critic(trace, fake)) - mean(critic(trace, real)) + kPenalty * mean(square(norm - 1.0));
    judging->add_adam(trace, loss);
    graph.output("check", loss);
    steps.push_back(std::make_unique<ProgramTask>(graph, parts, threads, judging));
  }
  {
    Graph graph;
    Trace trace = generating->trace(graph);
    Trace critic_trace = judging->trace(graph);
    const Value loss = negate(mean(critic(critic_trace, generator(trace, latent(graph, rows)))));
    generating->add_adam(trace, loss);
    graph.output("check", loss);
    steps.push_back(std::make_unique<ProgramTask>(graph, parts, threads, generating));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace castalia::bench
