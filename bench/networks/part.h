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
// to. A GAN has two.
class Part {
 public:
  // `declare` traces every parameter once.
  Part(std::string name, const std::function<void(Trace&)>& declare);

  const std::string& name() const { return name_; }
  int64_t parameters() const { return table_.count(); }

  // To trace with: the weights are the graph's state NAME.
  Trace trace(Graph& graph);

  // Adds a step of the library's Adam, with its defaults, down the gradient of a scalar loss with
  // respect to this part's weights. `trace` is the one that the loss was traced with. A Program
  // trains one part.
  void add_adam(Trace& trace, Value loss);

  // Binds the weights, and where the Program trains this part the moments.
  void bind(Workspace& workspace, bool trained);

 private:
  std::string name_;
  ParameterTable table_;
  AlignedBuffer weights_, first_moment_, second_moment_;
};

// Compiles a graph and runs it: inputs are standard normal numbers, and check() sums the output
// "check".
class ProgramTask final : public Task {
 public:
  // `trained` is the part that the Program trains, null where it trains none: then a row's bits do
  // not depend on the rows beside it, and the weights are read in the forms that kernels like best.
  ProgramTask(const Graph& graph, std::vector<std::shared_ptr<Part>> parts, int threads,
              const std::shared_ptr<Part>& trained = nullptr);

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

  std::vector<std::shared_ptr<Part>> parts_;
  ThreadPool pool_;
  PreparedOperands operands_;
  mutable Workspace workspace_;
  std::vector<Input> inputs_;
  int64_t step_ = 0;
};

// Programs that run one after another on the same parts: the steps of a GAN.
class Sequence final : public Task {
 public:
  explicit Sequence(std::vector<std::unique_ptr<ProgramTask>> tasks) : tasks_(std::move(tasks)) {}
  void run() override;
  int64_t parameters() const override { return tasks_.front()->parameters(); }
  double check() const override;

 private:
  std::vector<std::unique_ptr<ProgramTask>> tasks_;
};

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_NETWORKS_PART_H_
