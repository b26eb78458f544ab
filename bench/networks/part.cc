#include "bench/networks/part.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/ops/ops.h"
#include "cpp/train/optimiser.h"

namespace castalia::bench {
namespace {

constexpr uint64_t kSeed = 1;
// A stage of the host's: the numbers that inputs and carried states are set to.
constexpr uint16_t kInputStage = 1;

// The library's defaults: Adam (arXiv:1412.6980), beta 0.9 and 0.999.
const TrainingOptions& training() {
  static const TrainingOptions options("{}");
  return options;
}
constexpr double kRate = 1e-3;
constexpr char kWeights[] = "weights";

std::vector<float> normal(uint64_t which, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  fill_normal(Stream{kSeed, which, kInputStage, 0}, values);
  return values;
}

double total(const void* data, const TensorType& type) {
  double sum = 0;
  for (int64_t i = 0; i < type.shape.count(); ++i) {
    sum += type.dtype == DType::float32 ? static_cast<const float*>(data)[i]
                                        : static_cast<const double*>(data)[i];
  }
  return sum;
}

}  // namespace

Part::Part(const std::function<void(Trace&)>& declare) {
  Graph graph;
  Trace trace(graph, table_, Value(), DType::float32);
  declare(trace);
  table_.close();
  for (AlignedBuffer* buffer : {&weights_, &first_moment_, &second_moment_}) {
    *buffer = AlignedBuffer(padded_bytes(static_cast<size_t>(parameters()) * sizeof(float)));
  }
  const std::vector<double> values = initial_values(table_, kSeed);
  std::copy(values.begin(), values.end(), reinterpret_cast<float*>(weights_.data()));
}

Trace Part::trace(Graph& graph) {
  return {graph, table_, graph.state(kWeights, {DType::float32, {parameters()}}), DType::float32};
}

void Part::add_adam(Trace& trace, Value loss) {
  Graph& graph = trace.graph();
  std::vector<Value> weights;
  for (const Parameter& each : table_.parameters()) {
    weights.push_back(trace.parameter(each.name, each.shape, each.initializer));
  }
  std::vector<Value> pieces;
  for (const Value& piece : gradient(loss, weights)) {
    pieces.push_back(reshape(piece, Shape{piece.shape().count()}));
  }
  const Value g = concat(pieces, 0);
  trace_update(graph, training(),
               {.loss = cast(loss, DType::float64),
                .weights = graph.state(kWeights, g.type()),
                .gradient = g,
                .rate_factors = {},
                .decay_factors = {}});
}

void Part::bind(Workspace& workspace) {
  for (const Binding& state : workspace.program().states) {
    if (state.name == kWeights) workspace.bind_state(state.name, weights_.data());
    if (state.name == "first_moment") workspace.bind_state(state.name, first_moment_.data());
    if (state.name == "second_moment") workspace.bind_state(state.name, second_moment_.data());
  }
}

ProgramTask::ProgramTask(const Graph& graph, int threads, std::shared_ptr<Part> trained)
    : trained_(std::move(trained)),
      pool_(threads),
      workspace_(compile(graph, {.rows_independent = trained_ == nullptr}), threads) {
  uint64_t which = 0;
  for (const Binding& input : program().inputs) {
    if (input.type.shape.rank() > 0) {
      inputs_.push_back({input.name, normal(which++, input.type.shape.count())});
    }
  }
  if (trained_) trained_->bind(workspace_);
  workspace_.prepare(operands_);
}

void ProgramTask::write_scalar(const char* name, double value) {
  for (const Binding& input : program().inputs) {
    if (input.name == name)
      *static_cast<float*>(workspace_.input(name)) = static_cast<float>(value);
  }
}

void ProgramTask::run() {
  for (const Input& input : inputs_) {
    std::memcpy(workspace_.input(input.name), input.values.data(),
                input.values.size() * sizeof(float));
  }
  ++step_;
  for (const StepNumber& number : step_numbers(training(), step_, kRate)) {
    if (number.name != nullptr) write_scalar(number.name, number.value);
  }
  workspace_.run(&pool_);
}

int64_t ProgramTask::parameters() const { return trained_ ? trained_->parameters() : 0; }

double ProgramTask::check() const {
  for (const Binding& output : program().outputs) {
    if (output.name == "check") return total(workspace_.output("check"), output.type);
  }
  throw std::logic_error("the Program has no output 'check'");
}

}  // namespace castalia::bench
