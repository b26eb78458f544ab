#include "models/adversarial/calogan/shower_view.h"

#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "models/calorimeter/shower_checks.h"

namespace castalia {
namespace {

constexpr double kLeastResponse = 1e-3;  // of the mean

Preprocessing of_incident() {
  const std::vector<std::string> chains = {"log; standardise"};
  return {1, chains, "context"};
}

}  // namespace

ShowerView::ShowerView(Settings settings)
    : settings_(std::move(settings)),
      cells_(std::accumulate(settings_.cells.begin(), settings_.cells.end(), int64_t{0})),
      coordinate_(settings_.softness),
      incident_(of_incident()),
      response_(1, {}, "response, the energy of all cells over the incident one"),
      of_layers_(2 * layers(), {}, "layers' energies and occupancies") {}

void ShowerView::fit(std::span<const double> x, std::span<const double> incident) {
  if (incident.empty()) fail(Code::empty_data, "there are no showers to learn from");
  check_showers(x, cells_, incident, 0);
  std::vector<double> responses;
  std::vector<double> of_layers;
  const double* cell = x.data();
  for (const double energy : incident) {
    std::vector<double> occupancies;
    double response = 0;
    for (const int64_t count : settings_.cells) {
      double share = 0;
      double occupancy = 0;
      for (int64_t i = 0; i < count; ++i, ++cell) {
        const double t = *cell < settings_.threshold ? 0 : *cell / energy;
        share += t;
        occupancy += t / (t + settings_.softness);
      }
      response += share;
      of_layers.push_back(coordinate_.of(share));
      occupancies.push_back(occupancy / static_cast<double>(count));
    }
    of_layers.insert(of_layers.end(), occupancies.begin(), occupancies.end());
    responses.push_back(response);
  }
  response_.fit(responses);
  of_layers_.fit(of_layers);
  incident_.fit(incident);
}

std::string ShowerView::json() const {
  return nlohmann::json{{"incident", nlohmann::json::parse(incident_.json())},
                        {"response", nlohmann::json::parse(response_.json())},
                        {"layers", nlohmann::json::parse(of_layers_.json())}}
      .dump();
}

void ShowerView::set_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  if (!stored.is_object() || !stored.contains("incident") || !stored.contains("response") ||
      !stored.contains("layers")) {
    fail(Code::corrupt_file,
         "the stored preprocessing is not an object with incident, response and layers");
  }
  incident_.set_json(stored["incident"].dump());
  response_.set_json(stored["response"].dump());
  of_layers_.set_json(stored["layers"].dump());
}

Value ShowerView::incident(Value energy) const { return incident_.forward(energy).values; }

Value ShowerView::of(Value x, Value energy) const {
  const Value shares = above_threshold(x, settings_.threshold) / energy;
  std::vector<Value> columns;
  std::vector<Value> occupancies;
  int64_t first = 0;
  for (const int64_t count : settings_.cells) {
    const Value t = slice(shares, 1, first, first + count);
    columns.push_back(coordinate_.of(sum(t, {1})));
    occupancies.push_back(mean(t / (t + settings_.softness), {1}));
    first += count;
  }
  columns.insert(columns.end(), occupancies.begin(), occupancies.end());
  const Value response = response_.forward(sum(shares, {1})).values;
  return concat({coordinate_.of(shares), of_layers_.forward(concat(columns, 1)).values, response,
                 abs(response)},
                1);
}

Value ShowerView::mean_response(Graph& graph) const {
  const double standardised = 0;
  return response_.inverse(graph.constant({1, 1}, DType::float64, {&standardised, 1})).values;
}

Value ShowerView::response(Value standardised) const {
  return maximum(response_.inverse(standardised).values,
                 kLeastResponse * mean_response(standardised.graph()));
}

Value ShowerView::reconstructed(Value x, Value energy) const {
  return sum(x, {1}) / (mean_response(x.graph()) * energy);
}

}  // namespace castalia
