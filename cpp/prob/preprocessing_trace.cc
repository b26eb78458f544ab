// The chains of preprocessing steps as graphs. Columns whose chains have the same kinds of steps
// are computed together, with a row of constants for each of the steps' numbers.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/preprocessing.h"

namespace castalia {
namespace {

using Kind = PreprocessingStep::Kind;
using std::numbers::pi;

constexpr double kLargestLogit = 33;
constexpr double kSmallestShare = 4.6588861451034e-15;  // 1 / (1 + exp(33))
constexpr double kLargestExponent = 700;

// The steps of one place in the chains of a group of columns: constants[i] is a row over columns.
struct Stage {
  Kind kind;
  std::vector<std::vector<double>> constants;
};

struct Group {
  std::vector<int64_t> columns;
  std::vector<Stage> stages;
};

// A chain with neighbouring affine steps made one.
std::vector<PreprocessingStep> folded(const std::vector<PreprocessingStep>& chain) {
  std::vector<PreprocessingStep> out;
  for (const PreprocessingStep& step : chain) {
    if (step.kind == Kind::affine && !out.empty() && out.back().kind == Kind::affine) {
      std::vector<double>& first = out.back().constants;
      first = {first[0] + first[1] * step.constants[0], first[1] * step.constants[1]};
    } else {
      out.push_back(step);
    }
  }
  return out;
}

std::vector<Group> grouped(const std::vector<std::vector<PreprocessingStep>>& chains) {
  std::vector<Group> groups;
  for (size_t column = 0; column < chains.size(); ++column) {
    const std::vector<PreprocessingStep> chain = folded(chains[column]);
    const auto same = [&chain](const Group& group) {
      return std::equal(
          chain.begin(), chain.end(), group.stages.begin(), group.stages.end(),
          [](const auto& step, const auto& stage) { return step.kind == stage.kind; });
    };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) {
      groups.emplace_back();
      group = groups.end() - 1;
      for (const PreprocessingStep& step : chain) {
        group->stages.push_back(
            {step.kind, std::vector<std::vector<double>>(step.constants.size())});
      }
    }
    group->columns.push_back(static_cast<int64_t>(column));
    for (size_t i = 0; i < chain.size(); ++i) {
      for (size_t j = 0; j < chain[i].constants.size(); ++j) {
        group->stages[i].constants[j].push_back(chain[i].constants[j]);
      }
    }
  }
  return groups;
}

// Applies stages to the columns of a group and adds up log-determinants, element by element.
class Tracer {
 public:
  explicit Tracer(Value values) : values_(values) {}

  Value values() const { return values_; }
  Value log_det() const { return log_det_; }
  double constant_log_det() const { return constant_; }

  void forward(const Stage& stage) {
    const Value x = values_;
    switch (stage.kind) {
      case Kind::affine:
        values_ = (x - row(stage, 0)) * row(reciprocals(stage.constants[1]));
        constant_ -= sum_of_logs(stage.constants[1]);
        return;
      case Kind::log:
        values_ = log(x + row(stage, 0));
        add(negate(values_));
        return;
      case Kind::logit:
        stretch(x - row(stage, 0), row(stage, 1) - x, differences(stage, 0, 1));
        return;
      case Kind::angle: {
        const Value from_centre = x - row(stage, 0);
        const Value turns = floor((from_centre + pi) * (0.5 / pi));
        const Value wrapped = from_centre - turns * (2 * pi);
        stretch(wrapped + pi, pi - wrapped, std::vector<double>(stage.constants[0].size(), 2 * pi));
        return;
      }
      case Kind::breit_wigner: {
        const Value t = (x - row(stage, 0)) * row(reciprocals(stage.constants[1]));
        const Value angle = atan(t);
        add(negate(log1p(square(t))));
        constant_ -= sum_of_logs(stage.constants[1]);
        stretch(angle - row(stage, 2), row(stage, 3) - angle, differences(stage, 2, 3));
        return;
      }
      case Kind::sigmoid:
        values_ = sigmoid(x);
        add(negate(softplus(x) + softplus(negate(x))));
        return;
    }
  }

  void inverse(const Stage& stage) {
    const Value y = values_;
    switch (stage.kind) {
      case Kind::affine:
        values_ = y * row(stage, 1) + row(stage, 0);
        constant_ += sum_of_logs(stage.constants[1]);
        return;
      case Kind::log: {
        const Value exponent = minimum(y, scalar(kLargestExponent));
        values_ = exp(exponent) - row(stage, 0);
        add(exponent);
        return;
      }
      case Kind::logit: {
        const std::vector<double> lengths = differences(stage, 0, 1);
        values_ = row(stage, 0) + share(y, lengths) * row(lengths);
        return;
      }
      case Kind::angle: {
        const std::vector<double> lengths(stage.constants[0].size(), 2 * pi);
        values_ = row(stage, 0) + (share(y, lengths) - 0.5) * (2 * pi);
        return;
      }
      case Kind::breit_wigner: {
        const std::vector<double> lengths = differences(stage, 2, 3);
        const Value angle = row(stage, 2) + share(y, lengths) * row(lengths);
        const Value t = sin(angle) / cos(angle);
        values_ = row(stage, 0) + t * row(stage, 1);
        add(log1p(square(t)));
        constant_ += sum_of_logs(stage.constants[1]);
        return;
      }
      case Kind::sigmoid: {
        const Value u = maximum(y, scalar(kSmallestShare));
        const Value v = maximum(1.0 - y, scalar(kSmallestShare));
        values_ = log(u) - log(v);
        add(negate(log(u) + log(v)));
        return;
      }
    }
  }

 private:
  // The logit of the place between two bounds, from the distances to them, which add up to the
  // length. Distances that rounding took to zero or below are held above it.
  void stretch(Value from_low, Value to_high, const std::vector<double>& lengths) {
    std::vector<double> least = lengths;
    for (double& each : least) each *= kSmallestShare;
    const Value log_low = log(maximum(from_low, row(least)));
    const Value log_high = log(maximum(to_high, row(least)));
    values_ = log_low - log_high;
    add(negate(log_low + log_high));
    constant_ += sum_of_logs(lengths);
  }

  // The inverse of stretch(): the share of the length, in (0, 1).
  Value share(Value y, const std::vector<double>& lengths) {
    const Value z = minimum(maximum(y, scalar(-kLargestLogit)), scalar(kLargestLogit));
    add(negate(softplus(z) + softplus(negate(z))));
    constant_ += sum_of_logs(lengths);
    return sigmoid(z);
  }

  void add(Value term) { log_det_ = log_det_ ? log_det_ + term : term; }

  Value scalar(double value) const { return values_.graph().scalar(value, DType::float64); }
  Value row(const std::vector<double>& numbers) const {
    return values_.graph().constant({1, static_cast<int64_t>(numbers.size())}, DType::float64,
                                    numbers);
  }
  Value row(const Stage& stage, size_t index) const { return row(stage.constants[index]); }

  static std::vector<double> reciprocals(std::vector<double> numbers) {
    for (double& each : numbers) each = 1 / each;
    return numbers;
  }
  static std::vector<double> differences(const Stage& stage, size_t low, size_t high) {
    std::vector<double> out = stage.constants[high];
    for (size_t i = 0; i < out.size(); ++i) out[i] -= stage.constants[low][i];
    return out;
  }
  static double sum_of_logs(const std::vector<double>& numbers) {
    double sum = 0;
    for (const double each : numbers) sum += std::log(std::abs(each));
    return sum;
  }

  Value values_;
  Value log_det_;
  double constant_ = 0;
};

Preprocessing::Traced trace(const std::vector<std::vector<PreprocessingStep>>& chains, Value input,
                            bool forward) {
  Preprocessing::Traced out;
  const std::vector<Group> groups = grouped(chains);
  std::vector<Value> pieces;
  std::vector<int64_t> order;
  for (const Group& group : groups) {
    Tracer tracer(groups.size() == 1 ? input : take(input, group.columns));
    if (forward) {
      for (const Stage& stage : group.stages) tracer.forward(stage);
    } else {
      for (auto stage = group.stages.rbegin(); stage != group.stages.rend(); ++stage) {
        tracer.inverse(*stage);
      }
    }
    pieces.push_back(tracer.values());
    order.insert(order.end(), group.columns.begin(), group.columns.end());
    out.constant_log_det += tracer.constant_log_det();
    if (tracer.log_det()) {
      const Value total = sum(tracer.log_det(), {1}, true);
      out.log_det = out.log_det ? out.log_det + total : total;
    }
  }
  if (pieces.size() == 1) {
    out.values = pieces[0];
    return out;
  }
  // Column c of the data stands at place[c] among the pieces.
  std::vector<int64_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    place[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  const Value joined = concat(pieces, 1);
  out.values = std::is_sorted(order.begin(), order.end()) ? joined : take(joined, place);
  return out;
}

}  // namespace

Preprocessing::Traced Preprocessing::forward(Value x) const {
  castalia::check(fitted(), "the preprocessing of ", what_, " is traced before it was fitted");
  const Scope scope(x.graph(), "preprocessing");
  return trace(chains_, x, true);
}

Preprocessing::Traced Preprocessing::inverse(Value y) const {
  castalia::check(fitted(), "the preprocessing of ", what_, " is traced before it was fitted");
  const Scope scope(y.graph(), "preprocessing");
  return trace(chains_, y, false);
}

}  // namespace castalia
