#include "models/adversarial/image_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {

ImageView::ImageView(const Settings& settings)
    : settings_(settings), coordinate_(settings.softness) {}

void ImageView::fit(std::span<const double> x) {
  const auto features = static_cast<size_t>(settings_.cell_features);
  shifts_.assign(features, 0.0);
  scales_.assign(features, 1.0);
  if (x.empty()) return;
  const auto cells = static_cast<double>(x.size() / features);
  for (size_t feature = 0; feature < features; ++feature) {
    double sum = 0;
    double largest = 0;
    for (size_t i = feature; i < x.size(); i += features) {
      sum += x[i];
      largest = std::max(largest, x[i]);
    }
    double squares = 0;
    for (size_t i = feature; i < x.size(); i += features) {
      const double difference = x[i] - sum / cells;
      squares += difference * difference;
    }
    if (!settings_.energies) shifts_[feature] = sum / cells;
    scales_[feature] = settings_.energies ? largest : std::sqrt(squares / cells);
    if (scales_[feature] > 0) continue;
    fail(Code::invalid_argument, "x: feature ", feature, " of the cells is ",
         settings_.energies ? "0" : "the same", " in all of them");
  }
}

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

std::string ImageView::json() const {
  return nlohmann::json{{"shifts", shifts_}, {"scales", scales_}}.dump();
}

void ImageView::set_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  const auto numbers = [&](const char* key) {
    const auto none = nlohmann::json::array();
    const nlohmann::json& list = stored.is_object() ? stored.value(key, none) : none;
    std::vector<double> values;
    for (const nlohmann::json& each : list) {
      if (each.is_number()) values.push_back(each.get<double>());
    }
    if (!values.empty() && std::ssize(values) != settings_.cell_features) {
      fail(Code::corrupt_file, "the stored preprocessing has ", values.size(), " ", key, " for ",
           settings_.cell_features, " features of a cell");
    }
    return values;
  };
  shifts_ = numbers("shifts");
  scales_ = numbers("scales");
  if (shifts_.size() != scales_.size()) {
    fail(Code::corrupt_file, "the stored preprocessing has other shifts than scales");
  }
}

Value ImageView::of_features(Value like, const std::vector<double>& each) const {
  std::vector<double> row;
  for (int64_t i = 0; i < settings_.cells; ++i) row.insert(row.end(), each.begin(), each.end());
  return like.graph().constant({1, features()}, DType::float64, row);
}

Value ImageView::coordinates(Value x, Value total) const {
  if (!settings_.energies) return (x - of_features(x, shifts_)) / of_features(x, scales_);
  const Value seen = above_threshold(x, settings_.threshold);
  return coordinate_.of(seen / (total ? total : of_features(x, scales_)));
}

Value ImageView::rectified(Value results) const {
  return settings_.energies ? relu(results) : results;
}

Value ImageView::cells(Value coordinates, Value total) const {
  if (!settings_.energies) {
    return coordinates * of_features(coordinates, scales_) + of_features(coordinates, shifts_);
  }
  const Value shares = coordinate_.share(coordinates);
  if (total) return with_sum(shares * total, total, settings_.threshold);
  return above_threshold(shares * of_features(coordinates, scales_), settings_.threshold);
}

}  // namespace castalia
