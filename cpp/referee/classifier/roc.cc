#include "cpp/referee/classifier/roc.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

std::vector<size_t> order_of(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] < values[b]; });
  return order;
}

double weight_of(const Scores& scores, size_t i) {
  return scores.weights.empty() ? 1.0 : scores.weights[i];
}

double total_weight(const Scores& scores) {
  double total = 0;
  for (size_t i = 0; i < scores.values.size(); ++i) total += weight_of(scores, i);
  return total;
}

// For each of `own` the fraction of the others that score lower, ties counted half.
std::vector<double> placements(const Scores& own, const Scores& others) {
  const std::vector<size_t> order = order_of(own.values);
  const std::vector<size_t> other_order = order_of(others.values);
  const double total = total_weight(others);
  std::vector<double> result(own.values.size());
  double below = 0;
  size_t next = 0;
  for (size_t start = 0; start < order.size();) {
    const double score = own.values[order[start]];
    while (next < other_order.size() && others.values[other_order[next]] < score) {
      below += weight_of(others, other_order[next++]);
    }
    double equal = 0;
    for (size_t k = next; k < other_order.size() && others.values[other_order[k]] == score; ++k) {
      equal += weight_of(others, other_order[k]);
    }
    for (; start < order.size() && own.values[order[start]] == score; ++start) {
      result[order[start]] = (below + 0.5 * equal) / total;
    }
  }
  return result;
}

struct Moments {
  double mean = 0;
  double variance_of_mean = 0;
};

Moments moments_of(const Scores& scores, const std::vector<double>& values) {
  double total = 0, squares = 0, mean = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double weight = weight_of(scores, i);
    total += weight;
    squares += weight * weight;
    mean += weight * values[i];
  }
  mean /= total;
  double spread = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    spread += weight_of(scores, i) * (values[i] - mean) * (values[i] - mean);
  }
  const double effective = total * total / squares;
  return {mean, spread / total / std::max(effective - 1, 1.0)};
}

}  // namespace

Estimate area_under_roc(const Scores& positive, const Scores& negative) {
  if (positive.values.size() < 2 || negative.values.size() < 2) {
    fail(Code::empty_data, "a ROC curve needs two events of each kind; there are ",
         positive.values.size(), " and ", negative.values.size());
  }
  const Moments of_positive = moments_of(positive, placements(positive, negative));
  const Moments of_negative = moments_of(negative, placements(negative, positive));
  return {of_positive.mean, std::sqrt(of_positive.variance_of_mean + of_negative.variance_of_mean)};
}

IsotonicRegression::IsotonicRegression(std::span<const double> scores,
                                       std::span<const double> labels,
                                       std::span<const double> weights) {
  if (scores.empty()) fail(Code::empty_data, "an isotonic regression needs events");
  struct Step {
    double first, last, sum, weight;
    double value() const { return sum / weight; }
  };
  std::vector<Step> steps;
  for (const size_t i : order_of(scores)) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    if (weight == 0) continue;
    if (!steps.empty() && steps.back().last == scores[i]) {
      steps.back().sum += weight * labels[i];
      steps.back().weight += weight;
    } else {
      steps.push_back({scores[i], scores[i], weight * labels[i], weight});
    }
    while (steps.size() > 1 && steps[steps.size() - 2].value() >= steps.back().value()) {
      const Step last = steps.back();
      steps.pop_back();
      steps.back().last = last.last;
      steps.back().sum += last.sum;
      steps.back().weight += last.weight;
    }
  }
  for (const Step& step : steps) {
    scores_.push_back(step.first);
    values_.push_back(step.value());
    if (step.last > step.first) {
      scores_.push_back(step.last);
      values_.push_back(step.value());
    }
  }
}

double IsotonicRegression::operator()(double score) const {
  const auto above = std::upper_bound(scores_.begin(), scores_.end(), score);
  if (above == scores_.begin()) return values_.front();
  if (above == scores_.end()) return values_.back();
  const auto i = static_cast<size_t>(above - scores_.begin());
  const double part = (score - scores_[i - 1]) / (scores_[i] - scores_[i - 1]);
  return values_[i - 1] + part * (values_[i] - values_[i - 1]);
}

}  // namespace castalia::referee
