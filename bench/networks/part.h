// Networks that are no models of the catalogue, traced from the layers and compiled.
#ifndef CASTALIA_BENCH_NETWORKS_PART_H_
#define CASTALIA_BENCH_NETWORKS_PART_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/worker.h"
#include "cpp/base/thread_pool.h"
#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia::bench {

// A network with its weights and, for training, Adam's moments: the states that Programs are bound
// to.
class Part {
 public:
  // `declare` traces every parameter once.
  explicit Part(const std::function<void(Trace&)>& declare);

  int64_t parameters() const { return table_.count(); }

  // To trace with: the weights are the graph's state "weights".
  Trace trace(Graph& graph);

  // Adds a step of the library's Adam, with its defaults, down the gradient of a scalar loss with
  // respect to the weights. `trace` is the one that the loss was traced with.
  void add_adam(Trace& trace, Value loss);

  // Binds those of the weights and the moments that the Program has.
  void bind(Workspace& workspace);

 private:
  ParameterTable table_;
  AlignedBuffer weights_, first_moment_, second_moment_;
};

// Compiles a graph and runs it: inputs are standard normal numbers, and check() sums the output
// "check".
class ProgramTask final : public Task {
 public:
  // `trained` is the part that the Program trains, null where it has no weights: then a row's bits
  // do not depend on the rows beside it.
  ProgramTask(const Graph& graph, int threads, std::shared_ptr<Part> trained = nullptr);

  void run() override;
  int64_t parameters() const override;
  double check() const override;
  const Program& program() const { return workspace_.program(); }

 private:
  struct Input {
    std::string name;
    std::vector<float> values;
  };
  void write_scalar(const char* name, double value);

  std::shared_ptr<Part> trained_;
  ThreadPool pool_;
  PreparedOperands operands_;
  mutable Workspace workspace_;
  std::vector<Input> inputs_;
  int64_t step_ = 0;
};

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_NETWORKS_PART_H_
