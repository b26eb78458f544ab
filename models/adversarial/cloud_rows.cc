#include "models/adversarial/cloud_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"

namespace castalia {

CloudRows::CloudRows(int64_t places, int64_t features, std::vector<int64_t> positive)
    : places_(places), features_(features), positive_(std::move(positive)) {}

bool CloudRows::positive(int64_t feature) const {
  return std::find(positive_.begin(), positive_.end(), feature) != positive_.end();
}

void CloudRows::check(std::span<const double> x, int64_t first_row) const {
  const int64_t width = features_ + 1;
  for (int64_t i = 0; i < std::ssize(x); ++i) {
    const double value = x[static_cast<size_t>(i)];
    const int64_t feature = i % width;
    const auto refuse = [&](Code code, const char* rule) {
      fail(code, "x row ", first_row + i / columns(), ", column ", i % columns(), ": the value is ",
           value, rule);
    };
    if (!std::isfinite(value)) refuse(Code::not_finite, "");
    if (feature == features_) {
      if (value != 0 && value != 1) refuse(Code::out_of_range, "; a mask is 0 or 1");
    } else if (value <= 0 && positive(feature)) {
      const double mask = x[static_cast<size_t>(i - feature + features_)];
      if (mask != 0) refuse(Code::out_of_range, "; this feature of a particle is above 0");
    }
  }
}

std::vector<double> CloudRows::particles(std::span<const double> x) const {
  const auto features = static_cast<size_t>(features_);
  std::vector<double> all;
  for (size_t place = 0; place < x.size(); place += features + 1) {
    if (x[place + features] == 0) continue;
    const std::span<const double> particle = x.subspan(place, features);
    all.insert(all.end(), particle.begin(), particle.end());
  }
  return all;
}

std::vector<int64_t> CloudRows::multiplicities(std::span<const double> x) const {
  const auto features = static_cast<size_t>(features_);
  const auto row_size = static_cast<size_t>(columns());
  std::vector<int64_t> counts(static_cast<size_t>(places_) + 1);
  for (size_t row = 0; row < x.size(); row += row_size) {
    size_t count = 0;
    for (size_t i = row + features; i < row + row_size; i += features + 1) {
      if (x[i] != 0) ++count;
    }
    ++counts[count];
  }
  return counts;
}

void CloudRows::make_cloud(std::span<double> row) const {
  const int64_t width = features_ + 1;
  for (int64_t i = 0; i < columns(); ++i) {
    double& value = row[static_cast<size_t>(i)];
    if (positive(i % width)) value = std::exp(value);
    // By the first decimal, so that about half of the places are empty wherever the numbers lie.
    const bool odd = std::fmod(std::floor(10 * value), 2) != 0;
    if (i % width == features_) value = i < width || odd ? 1 : 0;
  }
}

Value CloudRows::mask(Value x) const {
  const Value places = reshape(x, Shape{x.rows(), places_, features_ + 1});
  return reshape(slice(places, 2, features_, features_ + 1), Shape{x.rows(), places_});
}

Value CloudRows::features_of_places(Value x) const {
  const Value places = reshape(x, Shape{x.rows() * places_, features_ + 1});
  return slice(places, 1, 0, features_);
}

Value CloudRows::joined(Value features, Value mask) const {
  const Value column = reshape(mask, Shape{mask.rows() * places_, 1});
  const Value zero = mask.graph().scalar(0, mask.dtype());
  return reshape(concat({select(column, features, zero), column}, 1),
                 Shape{mask.rows(), columns()});
}

Value CloudRows::sorted(Value x, int64_t feature) const {
  const Value places = reshape(x, Shape{x.rows(), places_, features_ + 1});
  const Value keys = reshape(slice(places, 2, feature, feature + 1), Shape{x.rows(), places_});
  const Value last = x.graph().scalar(std::numeric_limits<double>::lowest(), x.dtype());
  const Value order = argsort(select(mask(x), keys, last), -1, true);
  const Value indices = broadcast_to(reshape(order, Shape{x.rows(), places_, 1}), places.shape());
  return reshape(gather(places, indices, 1), x.shape());
}

Value Multiplicity::draw(Trace& trace, int64_t rows) const {
  // Place i holds a particle where a uniform number is above the share of clouds of i or fewer.
  const auto all = static_cast<double>(std::accumulate(counts_.begin(), counts_.end(), int64_t{0}));
  std::vector<double> shares;
  int64_t so_far = 0;
  for (size_t i = 0; i + 1 < counts_.size(); ++i) {
    so_far += counts_[i];
    shares.push_back(static_cast<double>(so_far) / all);
  }
  const Value uniform =
      random_uniform(trace.seed, trace.first_event, rows, 1, kMultiplicityStage, DType::float64);
  return greater(uniform, trace.graph().constant({1, std::ssize(shares)}, DType::float64, shares));
}

}  // namespace castalia
