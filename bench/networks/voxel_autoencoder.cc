#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

constexpr int64_t kSide = 30;
constexpr int64_t kLatent = 32;
constexpr int64_t kSmallest = 4 * 4 * 4 * 64;  // what the convolutions make of an image

Value voxels(Graph& graph, int64_t rows) {
  return graph.input("voxels", {DType::float32, {rows, kSide, kSide, kSide, 1}});
}

ConvolutionOptions halving(int64_t channels, int64_t kernel) {
  return {
      .channels = channels, .kernel = {kernel, kernel, kernel}, .window = Window::padded({1}, {2})};
}

// 30^3 to 15^3, 8^3 and 4^3, then the mean and the logarithm of the variance of the latent
// variables.
Value encode(Trace& trace, Value images) {
  images = relu(convolution(trace, "down_0", images, halving(16, 3)));
  images = relu(convolution(trace, "down_1", images, halving(32, 3)));
  images = relu(convolution(trace, "down_2", images, halving(64, 3)));
  return linear(trace, "latent", reshape(images, Shape{images.rows(), kSmallest}), 2 * kLatent);
}

Value decode(Trace& trace, Value latent) {
  const Value flat = relu(linear(trace, "start", latent, kSmallest, Initializer::he_uniform));
  Value images = reshape(flat, Shape{latent.rows(), 4, 4, 4, 64});
  images = relu(convolution_transpose(trace, "up_0", images, halving(32, 4)));
  images = relu(convolution_transpose(trace, "up_1", images, halving(16, 3)));
  return convolution_transpose(trace, "up_2", images, halving(1, 4));
}

}  // namespace

std::unique_ptr<Task> make_voxel_autoencoder(const Request& request, int threads) {
  const int64_t rows = request.batch;
  const auto part = std::make_shared<Part>([](Trace& trace) {
    const Value code = encode(trace, voxels(trace.graph(), 1));
    decode(trace, slice(code, 1, 0, kLatent));
  });
  Graph graph;
  Trace trace = part->trace(graph);
  const Value images = voxels(graph, rows);
  const Value code = encode(trace, images);
  const Value mean_of_code = slice(code, 1, 0, kLatent);
  const Value log_variance = slice(code, 1, kLatent, 2 * kLatent);
  const Value noise = graph.input("noise", {DType::float32, {rows, kLatent}});
  const Value decoded = decode(trace, mean_of_code + noise * exp(0.5 * log_variance));
  const Value divergence = 0.5 * (exp(log_variance) + square(mean_of_code) - 1.0 - log_variance);
  const Value loss =
      (sum(square(decoded - images)) + sum(divergence)) * (1.0 / static_cast<double>(rows));
  part->add_adam(trace, loss);
  graph.output("check", loss);
  return std::make_unique<ProgramTask>(graph, threads, part);
}

}  // namespace castalia::bench
