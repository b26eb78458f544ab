#include <vector>

#include "bench/networks/tasks.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"
#include "models/model.h"

namespace castalia::bench {
namespace {

constexpr int kCallsABlock = 100;

// The Program that draws one event of a small flow, run by itself: what a call from another
// language is compared with. Its cost does not depend on the weights.
class DirectCall final : public Task {
 public:
  DirectCall()
      : model_(Model::create(
            "coupling_flow",
            R"({"features": 2, "layers": 1, "hidden": 8, "hidden_layers": 1, "bins": 4})")),
        workspace_(compiled(*model_)) {
    workspace_.bind_state("parameters", model_->parameters());
    *static_cast<int64_t*>(workspace_.input("seed")) = 1;
  }

  void run() override {
    for (int i = 0; i < kCallsABlock; ++i) {
      *static_cast<int64_t*>(workspace_.input("first_event")) = event_++;
      workspace_.run();
      const auto* x = static_cast<const double*>(workspace_.output("x"));
      event_values_[0] = static_cast<float>(x[0]);
      event_values_[1] = static_cast<float>(x[1]);
    }
  }
  int64_t parameters() const override { return model_->parameter_table().count(); }
  double check() const override { return event_values_[0] + event_values_[1]; }

 private:
  static std::shared_ptr<const Program> compiled(Model& model) {
    const std::vector<double> events = {-1, 1, 1, -1};
    model.fit_preprocessing(events, {});
    Graph graph;
    const ParameterTable& table = model.parameter_table();
    const Value flat = graph.state("parameters", {DType::float32, {table.count()}});
    Trace trace(graph, model.parameter_table(), flat, DType::float32);
    trace.seed = graph.input("seed", {DType::int64, {}});
    trace.first_event = graph.input("first_event", {DType::int64, {}});
    graph.output("x", model.network().sample(trace, 1, {}));
    return compile(graph);
  }

  std::shared_ptr<Model> model_;
  Workspace workspace_;
  int64_t event_ = 0;
  float event_values_[2] = {};
};

}  // namespace

std::unique_ptr<Task> make_direct_call(const Request&, int) {
  return std::make_unique<DirectCall>();
}

}  // namespace castalia::bench
