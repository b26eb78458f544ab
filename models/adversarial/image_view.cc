#include "models/adversarial/image_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kSlopeOfShut = 0.1;

}  // namespace

void ImageView::check(std::span<const double> x, int64_t first_row) const {
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i]) && (x[i] >= 0 || !settings_.energies)) continue;
    const int64_t row = first_row + static_cast<int64_t>(i) / features();
    const int64_t column = static_cast<int64_t>(i) % features();
    if (!std::isfinite(x[i])) {
      fail(Code::not_finite, "x row ", row, ", column ", column, ": the value is ", x[i]);
    }
    fail(Code::out_of_range, "x row ", row, ", column ", column, ": the value is ", x[i],
         "; with cells = 'energies' all are 0 or above");
  }
}

std::vector<std::string> ImageView::chains(std::span<const double> x) const {
  if (!settings_.energies || x.empty()) return {};
  std::vector<std::string> all;
  const auto features = static_cast<size_t>(settings_.cell_features);
  for (size_t feature = 0; feature < features; ++feature) {
    double largest = 0;
    for (size_t i = feature; i < x.size(); i += features) largest = std::max(largest, x[i]);
    if (largest == 0) {
      fail(Code::invalid_argument, "x: feature ", feature, " of the cells is 0 in all of them");
    }
    if (largest < settings_.threshold) {
      fail(Code::invalid_argument, "x: feature ", feature, " of the cells is ", largest,
           " at most, below the threshold of ", settings_.threshold);
    }
    all.push_back(text("affine(0, ", nlohmann::json(largest).dump(), ")"));
  }
  return all;
}

Value ImageView::table(Value rows) const {
  return reshape(rows, Shape{rows.rows() * settings_.cells, settings_.cell_features});
}

Value ImageView::images(Value table) const {
  return reshape(table, Shape{table.rows() / settings_.cells, features()});
}

Value ImageView::coordinates(Value x, const Preprocessing& scales, Value total) const {
  const auto scaled = [&](Value cells) { return images(scales.forward(table(cells)).values); };
  if (!settings_.energies) return scaled(x);
  const Value seen = above_threshold(x, settings_.threshold, SlopeOfCut::one);
  return coordinate_.of(total ? seen / total : scaled(seen));
}

Value ImageView::rectified(Value results) const {
  if (!settings_.energies) return results;
  // Nothing is added but a slope: a generator that has shut all cells would never open one again.
  const Value shut = kSlopeOfShut * minimum(results, results.graph().scalar(0, results.dtype()));
  return with_slope_of(relu(results), shut);
}

Value ImageView::cells(Value coordinates, const Preprocessing& scales, Value total) const {
  const auto unscaled = [&](Value cells) { return images(scales.inverse(table(cells)).values); };
  if (!settings_.energies) return unscaled(coordinates);
  const Value shares = coordinate_.share(coordinates);
  const double threshold = settings_.threshold;
  if (!total) return above_threshold(unscaled(shares), threshold, SlopeOfCut::one);
  return with_sum(shares * total, total, threshold, SlopeOfCut::one);
}

}  // namespace castalia
