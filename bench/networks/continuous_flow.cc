#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

constexpr int64_t kFeatures = 12;
constexpr int kSteps = 25;

// dx/dt of (rows, features) at a time of shape [].
Value velocity(Trace& trace, Value x, Value time) {
  const Value column = broadcast_to(reshape(time, Shape{1, 1}), Shape{x.rows(), 1});
  MlpOptions options;
  options.hidden = 256;
  options.hidden_layers = 4;
  options.outputs = kFeatures;
  options.activation = "silu";
  return mlp(trace, concat({x, column}, 1), options);
}

}  // namespace

std::unique_ptr<Task> make_continuous_flow(const Request& request, int threads) {
  const auto part = std::make_shared<Part>("velocity", [](Trace& trace) {
    velocity(trace, trace.graph().input("x", {DType::float32, {1, kFeatures}}),
             trace.graph().input("time", {DType::float32, {}}));
  });
  // One step of the classical Runge-Kutta method, which carries x and the time to the next.
  constexpr double kStep = 1.0 / kSteps;
  Graph graph;
  Trace trace = part->trace(graph);
  const Value x = graph.state("x", {DType::float32, {request.batch, kFeatures}});
  const Value time = graph.state("time", {DType::float32, {}});
  const Value k1 = velocity(trace, x, time);
  const Value k2 = velocity(trace, x + 0.5 * kStep * k1, time + 0.5 * kStep);
  const Value k3 = velocity(trace, x + 0.5 * kStep * k2, time + 0.5 * kStep);
  const Value k4 = velocity(trace, x + kStep * k3, time + kStep);
  const Value moved = x + kStep / 6 * (k1 + 2.0 * (k2 + k3) + k4);
  graph.assign(x, moved);
  graph.assign(time, time + kStep);
  graph.output("check", moved);
  return std::make_unique<ProgramTask>(graph, std::vector{part}, threads, nullptr, kSteps);
}

}  // namespace castalia::bench
