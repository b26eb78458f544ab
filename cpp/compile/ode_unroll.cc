#include "cpp/compile/ode_unroll.h"

#include <cstdint>
#include <functional>
#include <utility>

#include "cpp/autodiff/ode_solve.h"
#include "cpp/autodiff/region.h"
#include "cpp/base/status.h"
#include "cpp/compile/ode_kernels.h"
#include "cpp/compile/ode_stepper.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// What moves together, all float64 and of any shapes.
using State = std::vector<Value>;
// How it moves at a time (rows, 1).
using Slopes = std::function<State(Value time, const State& state)>;

struct Stage {
  Value time;
  State state;
};

// sum + factor * value; a null sum is none yet.
Value with_term(Value sum, double factor, Value value) {
  if (factor == 0) return sum;
  const Value term = value * factor;
  return sum ? sum + term : term;
}

Value repeated(Graph& graph, double number, const TensorType& type) {
  return broadcast_to(graph.scalar(number, type.dtype), type.shape);
}

// Fixed steps, in the arithmetic of OdeStepper.
class WrittenSteps {
 public:
  WrittenSteps(Graph& graph, const OdeProblem& problem, int64_t rows)
      : graph_(graph),
        problem_(problem),
        tableau_(*problem.tableau),
        rows_(rows),
        size_((problem.to - problem.from) / static_cast<double>(problem.steps)) {}

  const Tableau& tableau() const { return tableau_; }
  double size() const { return size_; }  // of a step

  // From the beginning to the end. The stages of each step are kept where that is asked for.
  State solve(State state, const Slopes& slopes,
              std::vector<std::vector<Stage>>* kept = nullptr) const {
    for (int64_t step = 0; step < problem_.steps; ++step) {
      std::vector<Stage> stages;
      std::vector<State> found;
      for (int i = 0; i < tableau_.stages; ++i) {
        stages.push_back({time(step, i), moved(state, tableau_.a[i], found)});
        found.push_back(slopes(stages.back().time, stages.back().state));
      }
      state = moved(std::move(state), tableau_.b, found);
      if (kept != nullptr) kept->push_back(std::move(stages));
    }
    return state;
  }

 private:
  Value time(int64_t step, int stage) const {
    const double span = problem_.to - problem_.from;
    const double begin =
        problem_.from + span * static_cast<double>(step) / static_cast<double>(problem_.steps);
    return repeated(graph_, begin + tableau_.c[stage] * size_, {DType::float64, {rows_, 1}});
  }

  // Along the slopes of the stages so far.
  State moved(State state, const double* weights, std::span<const State> slopes) const {
    for (size_t j = 0; j < slopes.size(); ++j) {
      for (size_t i = 0; i < state.size(); ++i) {
        state[i] = with_term(state[i], weights[j] * size_, slopes[j][i]);
      }
    }
    return state;
  }

  Graph& graph_;
  const OdeProblem problem_;
  const Tableau& tableau_;
  const int64_t rows_;
  const double size_;
};

std::vector<Value> joined(std::initializer_list<std::span<const Value>> parts) {
  std::vector<Value> all;
  for (const std::span<const Value>& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<Value> solution(const Node& node, std::span<const Value> inputs, Graph& graph) {
  const auto count = static_cast<size_t>(node.attributes.integer("arguments"));
  const std::span<const Value> arguments = inputs.subspan(1, count);
  const std::span<const Value> captured = inputs.subspan(1 + count);
  const Graph& body = *node.attributes.graph("body");
  const OdeProblem problem(node.attributes);
  const WrittenSteps steps(graph, problem, inputs[0].rows());
  const auto field = [&](Value time, const State& state) {
    return inlined(body, graph, joined({{&time, 1}, state, arguments}), captured);
  };
  return {steps.solve({inputs[0]}, field)[0],
          repeated(graph, static_cast<double>(problem.steps), node.outputs[1])};
}

// Operands and attributes as those of ode_gradient_operator(). Both ways give what the pullback
// gives beside dy/dt: the gradient of y, and then those of all else, each float64.
class WrittenGradient {
 public:
  WrittenGradient(const Node& node, std::span<const Value> inputs, Graph& graph)
      : node_(node), graph_(graph), problem_(node.attributes) {
    const auto count = static_cast<size_t>(node.attributes.integer("arguments"));
    begin_ = inputs[0];
    end_ = inputs[1];
    arguments_ = inputs.subspan(2, count);
    captured_ = inputs.subspan(2 + count, inputs.size() - 3 - count);
    cotangent_ = inputs.back();
    for (const Value& value : joined({arguments_, captured_})) {
      if (is_floating(value.dtype())) {
        sums_.push_back(repeated(graph_, 0.0, {DType::float64, value.shape()}));
      }
    }
  }

  std::vector<Value> results() const {
    std::vector<Value> all =
        node_.attributes.string("gradient") == "adjoint" ? adjoint() : discrete();
    // What is captured has an axis of tiles, of which there is one.
    for (size_t i = 0; i < all.size(); ++i) all[i] = reshape(all[i], node_.outputs[i].shape);
    return all;
  }

 private:
  std::vector<Value> pullback(Value time, Value y, Value cotangent) const {
    return inlined(*node_.attributes.graph("pullback"), graph_,
                   joined({{&time, 1}, {&y, 1}, arguments_, {&cotangent, 1}}), captured_);
  }

  // The steps once more, and through them from the last to the first.
  std::vector<Value> discrete() const {
    std::vector<Value> captured;
    for (const int64_t place : node_.attributes.integers("place")) {
      captured.push_back(captured_[static_cast<size_t>(place)]);
    }
    const auto field = [&](Value time, const State& state) {
      return inlined(*node_.attributes.graph("body"), graph_,
                     joined({{&time, 1}, state, arguments_}), captured);
    };
    const WrittenSteps steps(graph_, problem_, begin_.rows());
    std::vector<std::vector<Stage>> kept;
    steps.solve({begin_}, field, &kept);
    Value cotangent = cotangent_;
    std::vector<Value> sums = sums_;
    for (size_t step = kept.size(); step-- > 0;) {
      cotangent = pulled_back(steps, kept[step], cotangent, sums);
    }
    return joined({{&cotangent, 1}, sums});
  }

  // The cotangent of y at the beginning of a step from that at its end.
  Value pulled_back(const WrittenSteps& steps, const std::vector<Stage>& stages, Value cotangent,
                    std::vector<Value>& sums) const {
    const Tableau& tableau = steps.tableau();
    std::vector<Value> of_states(stages.size());  // null where nothing uses the stage
    for (size_t stage = stages.size(); stage-- > 0;) {
      Value sum = with_term({}, tableau.b[stage], cotangent);
      for (size_t later = stage + 1; later < stages.size(); ++later) {
        if (of_states[later]) sum = with_term(sum, tableau.a[later][stage], of_states[later]);
      }
      if (!sum) continue;
      const std::vector<Value> found =
          pullback(stages[stage].time, stages[stage].state[0], sum * steps.size());
      of_states[stage] = found[1];
      for (size_t k = 0; k < sums.size(); ++k) sums[k] = sums[k] + found[2 + k];
    }
    for (const Value& each : of_states) {
      if (each) cotangent = cotangent + each;
    }
    return cotangent;
  }

  // From the end to the beginning: y, its cotangent, and the gradients of all else.
  std::vector<Value> adjoint() const {
    OdeProblem backwards = problem_;
    std::swap(backwards.from, backwards.to);
    const auto slopes = [this](Value time, const State& state) {
      return pullback(time, state[0], negate(state[1]));
    };
    std::vector<Value> all = WrittenSteps(graph_, backwards, begin_.rows())
                                 .solve(joined({{&end_, 1}, {&cotangent_, 1}, sums_}), slopes);
    all.erase(all.begin());
    return all;
  }

  const Node& node_;
  Graph& graph_;
  const OdeProblem problem_;
  Value begin_;
  Value end_;
  std::span<const Value> arguments_;
  std::span<const Value> captured_;
  Value cotangent_;
  std::vector<Value> sums_;  // zeros to begin with
};

}  // namespace

bool is_written_out(const Node& node, const CompileOptions& options) {
  return options.device != nullptr && is_ode(node) &&
         !find_tableau(node.attributes.string("method")).adaptive();
}

std::vector<Value> written_out(const Node& node, std::span<const Value> inputs, Graph& graph) {
  const int64_t rows = inputs[0].rows();
  if (rows == 0) {
    std::vector<Value> none;
    for (const TensorType& type : node.outputs) none.push_back(repeated(graph, 0.0, type));
    return none;
  }
  check(ode_tile_rows(node.attributes) == rows, "a differential equation of ", rows,
        " rows was traced for tiles of ", ode_tile_rows(node.attributes),
        ", which a device does not take");
  return node.op == &ode_solve_operator() ? solution(node, inputs, graph)
                                          : WrittenGradient(node, inputs, graph).results();
}

}  // namespace castalia
