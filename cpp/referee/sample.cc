#include "cpp/referee/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

void check_finite(std::span<const double> values, int64_t columns, const std::string& what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) [[unlikely]] {
      const auto at = static_cast<int64_t>(i);
      fail(Code::not_finite, what, ": row ", at / columns, ", column ", at % columns, " is ",
           values[i]);
    }
  }
}

void check_weights(const Dataset& data, const std::string& name) {
  if (data.weights.empty()) return;
  check(static_cast<int64_t>(data.weights.size()) == data.rows, name, ": weights of other rows");
  double sum = 0;
  for (size_t row = 0; row < data.weights.size(); ++row) {
    const double weight = data.weights[row];
    if (!std::isfinite(weight)) {
      fail(Code::not_finite, name, ": the weight of row ", row, " is ", weight);
    }
    if (weight < 0) {
      fail(Code::out_of_range, name, ": the weight of row ", row, " is ", weight,
           "; weights are 0 or more");
    }
    sum += weight;
  }
  if (sum <= 0) fail(Code::out_of_range, name, ": the weights sum to zero");
}

}  // namespace

const std::vector<std::string> kScalings = {"none", "standardise", "largest"};

void check_sample(const Dataset& data, const std::string& name) {
  if (data.rows <= 0) fail(Code::empty_data, name, ": the sample has no rows");
  if (data.features <= 0) fail(Code::empty_data, name, ": the sample has no columns");
  check(static_cast<int64_t>(data.x.size()) == data.rows * data.features, name, ": ", data.x.size(),
        " values for ", data.rows, " rows of ", data.features);
  check_finite(data.x, data.features, name);
  if (!data.context.empty()) check_finite(data.context, data.context_features, name + " (context)");
  check_weights(data, name);
}

void require_rows(const Dataset& data, const std::string& name, int64_t least,
                  const std::string& purpose) {
  if (data.rows < least) {
    fail(Code::empty_data, name, ": ", data.rows, " rows, but ", purpose, " needs at least ",
         least);
  }
}

std::vector<double> normalised_weights(const Dataset& data) {
  if (data.weights.empty()) {
    return std::vector<double>(static_cast<size_t>(data.rows),
                               1.0 / static_cast<double>(data.rows));
  }
  const double sum = std::accumulate(data.weights.begin(), data.weights.end(), 0.0);
  std::vector<double> out(data.weights);
  for (double& weight : out) weight /= sum;
  return out;
}

double effective_rows(std::span<const double> normalised) {
  double squares = 0;
  for (const double weight : normalised) squares += weight * weight;
  return 1 / squares;
}

std::vector<int64_t> choose_rows(int64_t rows, int64_t most, uint64_t seed, uint16_t use) {
  std::vector<int64_t> order;
  if (most <= 0 || most >= rows) {
    order.resize(static_cast<size_t>(rows));
    std::iota(order.begin(), order.end(), int64_t{0});
    return order;
  }
  order = permutation(seed, use, rows);
  order.resize(static_cast<size_t>(most));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<int64_t> unweighted_rows(const Dataset& data, uint64_t seed, uint16_t use) {
  std::vector<int64_t> kept;
  if (data.weights.empty()) {
    kept.resize(static_cast<size_t>(data.rows));
    std::iota(kept.begin(), kept.end(), int64_t{0});
    return kept;
  }
  const double largest = *std::max_element(data.weights.begin(), data.weights.end());
  std::vector<double> draw(1);
  for (int64_t row = 0; row < data.rows; ++row) {
    fill_uniform(Stream{seed, static_cast<uint64_t>(row), use, 0}, draw);
    // Draws lie below one: the largest weight is always kept.
    if (draw[0] * largest < data.weights[static_cast<size_t>(row)]) kept.push_back(row);
  }
  return kept;
}

Rows take_rows(const Dataset& data, std::span<const int64_t> which) {
  Rows out;
  out.count = static_cast<int64_t>(which.size());
  out.columns = data.features;
  out.x.resize(which.size() * static_cast<size_t>(data.features));
  out.weights.resize(which.size());
  double sum = 0;
  for (size_t i = 0; i < which.size(); ++i) {
    const double* from = data.x.data() + which[i] * data.features;
    std::copy(from, from + data.features, out.x.data() + static_cast<int64_t>(i) * data.features);
    out.weights[i] = data.weights.empty() ? 1.0 : data.weights[static_cast<size_t>(which[i])];
    sum += out.weights[i];
  }
  if (sum <= 0) {
    fail(Code::out_of_range, "the weights of the ", which.size(), " rows drawn sum to zero");
  }
  for (double& weight : out.weights) weight /= sum;
  return out;
}

Scaling scaling(const std::string& name) {
  const auto found = std::find(kScalings.begin(), kScalings.end(), name);
  check(found != kScalings.end(), "unknown scaling ", name);
  return static_cast<Scaling>(found - kScalings.begin());
}

std::vector<double> column_means(const Dataset& data) {
  const std::vector<double> weights = normalised_weights(data);
  std::vector<double> means(static_cast<size_t>(data.features), 0.0);
  for (int64_t row = 0; row < data.rows; ++row) {
    const double* x = data.x.data() + row * data.features;
    for (size_t j = 0; j < means.size(); ++j) means[j] += weights[static_cast<size_t>(row)] * x[j];
  }
  return means;
}

std::vector<double> column_factors(const Dataset& reference, Scaling scaling) {
  const auto columns = static_cast<size_t>(reference.features);
  std::vector<double> factors(columns, 1.0);
  if (scaling == Scaling::none) return factors;
  const std::vector<double> weights = normalised_weights(reference);
  const std::vector<double> mean = column_means(reference);
  // Whether a column is constant is told by its range: the spread of one is that of the rounding of
  // its mean, which grows with the number of rows.
  constexpr double kRounding = 1e-12;
  std::vector<double> spread(columns, 0.0), largest(columns, 0.0);
  std::vector<double> low(reference.x.begin(), reference.x.begin() + reference.features);
  std::vector<double> high = low;
  for (int64_t row = 0; row < reference.rows; ++row) {
    const double* x = reference.x.data() + row * reference.features;
    const double weight = weights[static_cast<size_t>(row)];
    for (size_t j = 0; j < columns; ++j) {
      spread[j] += weight * (x[j] - mean[j]) * (x[j] - mean[j]);
      largest[j] = std::max(largest[j], std::abs(x[j]));
      low[j] = std::min(low[j], x[j]);
      high[j] = std::max(high[j], x[j]);
    }
  }
  for (size_t j = 0; j < columns; ++j) {
    spread[j] = high[j] - low[j] <= kRounding * largest[j] ? 0 : std::sqrt(spread[j]);
  }
  if (scaling == Scaling::largest) spread = largest;
  for (size_t j = 0; j < columns; ++j) {
    if (spread[j] > 0) factors[j] = 1 / spread[j];
  }
  return factors;
}

void scale_columns(Rows& rows, std::span<const double> factors) {
  for (int64_t r = 0; r < rows.count; ++r) {
    double* x = rows.x.data() + r * rows.columns;
    for (int64_t j = 0; j < rows.columns; ++j) x[j] *= factors[static_cast<size_t>(j)];
  }
}

}  // namespace castalia::referee
