#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

constexpr int64_t kLatent = 64;
constexpr int64_t kVoxels = 504;

Value generator(Trace& trace, Value z) {
  z = relu(linear(trace, "linear_0", z, 256));
  z = relu(linear(trace, "linear_1", z, 512));
  return linear(trace, "linear_2", z, kVoxels);
}

Value latent(Trace& trace, int64_t rows) {
  return trace.graph().input("z", {DType::float32, {rows, kLatent}});
}

}  // namespace

std::unique_ptr<Task> make_generator(const Request& request, int threads) {
  const auto part =
      std::make_shared<Part>("generator", [](Trace& trace) { generator(trace, latent(trace, 1)); });
  Graph graph;
  Trace trace = part->trace(graph);
  graph.output("check", generator(trace, latent(trace, request.batch)));
  return std::make_unique<ProgramTask>(graph, std::vector{part}, threads);
}

}  // namespace castalia::bench
