#include "models/calorimeter/shower_coordinates.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "models/calorimeter/shower_checks.h"

namespace castalia {
namespace {

// A share of a whole is held so far from 0 and 1: a shower above the greatest response.
constexpr double kLeastShare = 1e-9;
// The coordinates of a layer's or cell's energy as far as exp() takes them.
constexpr double kLeastFraction = 1e-12;
constexpr double kTypicalNoise = 0.5;  // in place of draws where a constant is fitted

Value column(Value x, int64_t which) { return slice(x, 1, which, which + 1); }

}  // namespace

ShowerCoordinates::ShowerCoordinates(Settings settings)
    : settings_(std::move(settings)),
      cells_(std::accumulate(settings_.cells.begin(), settings_.cells.end(), int64_t{0})),
      stretch_(std::log1p(-settings_.alpha) - std::log(settings_.alpha)),
      energies_(layers(), {}, "layer energies' coordinates"),
      condition_(1 + layers(), {}, "logarithms of incident and layer energies") {
  for (size_t layer = 0; layer < settings_.cells.size(); ++layer) {
    layer_of_cell_.insert(layer_of_cell_.end(), static_cast<size_t>(settings_.cells[layer]),
                          static_cast<int64_t>(layer));
  }
}

void ShowerCoordinates::check(std::span<const double> x, std::span<const double> incident,
                              int64_t first_row) const {
  check_showers(x, cells_, incident, first_row);
}

void ShowerCoordinates::fit(std::span<const double> x, std::span<const double> incident) {
  if (incident.empty()) fail(Code::empty_data, "there are no showers to learn from");
  check(x, incident, 0);
  const auto layers = settings_.cells.size();
  std::vector<double> energies(incident.size() * layers);
  std::vector<double> response(incident.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t row = i / static_cast<size_t>(cells_);
    const auto layer = static_cast<size_t>(layer_of_cell_[i % static_cast<size_t>(cells_)]);
    energies[row * layers + layer] += x[i];
    response[row] += x[i] / incident[row];
  }
  // As far above the greatest response as that is above the median.
  std::vector<double> sorted = response;
  std::sort(sorted.begin(), sorted.end());
  const double greatest = sorted.back();
  ceiling_ = std::max(2 * greatest - sorted[sorted.size() / 2], greatest * (1 + 1e-6));
  if (!(ceiling_ > 0)) fail(Code::invalid_argument, "all showers are empty");

  std::vector<double> coordinates;
  std::vector<double> conditions;
  for (size_t row = 0; row < incident.size(); ++row) {
    const double* of_row = energies.data() + row * layers;
    double rest = 0;
    for (size_t i = 0; i < layers; ++i) rest += of_row[i] + kTypicalNoise * settings_.noise;
    const double share =
        std::clamp(rest / (ceiling_ * incident[row]), kLeastShare, 1 - kLeastShare);
    coordinates.push_back(std::log(share) - std::log1p(-share));
    conditions.push_back(std::log(incident[row]));
    for (size_t i = 0; i < layers; ++i) {
      const double own = of_row[i] + kTypicalNoise * settings_.noise;
      rest -= own;
      if (i + 1 < layers) {
        coordinates.push_back(std::log(own) - std::log(std::max(rest, kLeastShare * own)));
      }
      conditions.push_back(std::log(of_row[i] + settings_.noise));
    }
  }
  energies_.fit(coordinates);
  condition_.fit(conditions);
}

std::string ShowerCoordinates::json() const {
  return nlohmann::json{{"ceiling", ceiling_},
                        {"energies", nlohmann::json::parse(energies_.json())},
                        {"condition", nlohmann::json::parse(condition_.json())}}
      .dump();
}

void ShowerCoordinates::set_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  if (!stored.is_object() || !stored.contains("ceiling") || !stored["ceiling"].is_number() ||
      !stored.contains("energies") || !stored.contains("condition")) {
    fail(Code::corrupt_file,
         "the stored preprocessing is not an object with ceiling, energies and condition");
  }
  ceiling_ = stored["ceiling"].get<double>();
  energies_.set_json(stored["energies"].dump());
  condition_.set_json(stored["condition"].dump());
}

Value ShowerCoordinates::layer_energies(Value x) const {
  std::vector<Value> sums;
  int64_t first = 0;
  for (const int64_t count : settings_.cells) {
    sums.push_back(sum(slice(x, 1, first, first + count), {1}));
    first += count;
  }
  return concat(sums, 1);
}

Value ShowerCoordinates::smeared(Value energies, Value noise) const {
  return energies + settings_.noise * noise;
}

// With S_i what is left from layer i on, the logits' derivatives make the product of S_i / (e_i
// S_i+1) over all layers but the last, and 1 / (S_0 (1 - S_0 / (r E))): all S_i but the last
// cancel.
Mapped ShowerCoordinates::of_layers(Value smeared, Value incident) const {
  const Value least = smeared.graph().scalar(kLeastShare, DType::float64);
  const Value share = sum(smeared, {1}) / (ceiling_ * incident);
  const Value lack = log(maximum(1.0 - share, least));
  std::vector<Value> logits = {log(maximum(share, least)) - lack};
  for (int64_t i = 0; i + 1 < layers(); ++i) {
    const Value rest = sum(slice(smeared, 1, i + 1, layers()), {1});
    logits.push_back(log(column(smeared, i)) - log(rest));
  }
  const Preprocessing::Traced standard = energies_.forward(concat(logits, 1));
  return {standard.values, standard.constant_log_det - (sum(log(smeared), {1}) + lack)};
}

Value ShowerCoordinates::to_layers(Value coordinates, Value incident) const {
  const Value logits = energies_.inverse(coordinates).values;
  Value rest = ceiling_ * incident * sigmoid(column(logits, 0));
  std::vector<Value> energies;
  for (int64_t i = 1; i < layers(); ++i) {
    energies.push_back(rest * sigmoid(column(logits, i)));
    rest = rest * sigmoid(negate(column(logits, i)));
  }
  energies.push_back(rest);
  return concat(energies, 1);
}

Value ShowerCoordinates::without_noise(Value smeared) const {
  const Value empty = smeared.graph().scalar(0, DType::float64);
  return select(less(smeared, smeared.graph().scalar(settings_.noise, DType::float64)), empty,
                smeared);
}

Value ShowerCoordinates::condition(Value energies, Value incident) const {
  const std::vector<Value> columns = {log(incident), log(energies + settings_.noise)};
  return condition_.forward(concat(columns, 1)).values;
}

// A number of each layer, for each of its cells.
Value ShowerCoordinates::of_cells_of(Value per_layer) const {
  return take(per_layer, layer_of_cell_);
}

// The energy of a cell's layer with the greatest noise that its cells can have.
Value ShowerCoordinates::scale_of_cells(Value energies) const {
  std::vector<double> most;
  for (const int64_t count : settings_.cells) {
    most.push_back(settings_.noise * static_cast<double>(count));
  }
  return of_cells_of(energies + energies.graph().constant({1, layers()}, DType::float64, most));
}

Mapped ShowerCoordinates::of_cells(Value x, Value energies, Value noise) const {
  const Value scale = scale_of_cells(energies);
  const Value fraction = (x + settings_.noise * noise) / scale;
  const Value p = settings_.alpha + (1 - 2 * settings_.alpha) * fraction;
  const Value log_p = log(p);
  const Value log_rest = log(1.0 - p);
  const double factor = std::log1p(-2 * settings_.alpha) - std::log(stretch_);
  return {(log_p - log_rest) * (1 / stretch_), sum(factor - (log_p + log_rest + log(scale)), {1})};
}

Value ShowerCoordinates::to_cells(Value coordinates, Value energies) const {
  Graph& graph = coordinates.graph();
  const auto number = [&graph](double value) { return graph.scalar(value, DType::float64); };
  const Value p = sigmoid(stretch_ * coordinates);
  const Value fraction =
      maximum((p - settings_.alpha) * (1 / (1 - 2 * settings_.alpha)), number(kLeastFraction));
  const Value drawn = fraction * scale_of_cells(energies);
  std::vector<Value> greatest;
  int64_t first = 0;
  for (const int64_t count : settings_.cells) {
    greatest.push_back(max(slice(drawn, 1, first, first + count), 1));
    first += count;
  }
  const Value least = minimum(number(settings_.threshold), concat(greatest, 1));
  const Value kept = select(less(drawn, of_cells_of(least)), number(0), drawn);
  return kept * of_cells_of(energies / layer_energies(kept));
}

}  // namespace castalia
