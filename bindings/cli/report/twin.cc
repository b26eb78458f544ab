// The report for programs and for the terminal.
#include <algorithm>

#include "bindings/cli/report/report.h"
#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

Json json_of(const Source& source) { return {{"from", source.place}, {"events", source.events}}; }

Json json_of(const Summary& summary) {
  return {{"events", summary.events},       {"not_finite", summary.not_finite},
          {"effective", summary.effective}, {"mean", summary.mean},
          {"spread", summary.spread},       {"median", summary.median},
          {"least", summary.least},         {"greatest", summary.greatest}};
}

Json json_of(const Distance& distance) {
  return {{"chi2_per_ndf", distance.chi2_per_ndf},
          {"ndf", distance.ndf},
          {"shape_deviation", distance.shape_deviation},
          {"mean_deviation", distance.mean_deviation},
          {"separation", distance.separation},
          {"separation_expected", distance.separation_expected},
          {"wasserstein", distance.wasserstein},
          {"wasserstein_expected", distance.wasserstein_expected}};
}

Json json_of(const Histogram& histogram) {
  return {{"counts", histogram.counts},
          {"squares", histogram.squares},
          {"below", histogram.below},
          {"above", histogram.above}};
}

Json json_of(const Observation& each) {
  Json edges = Json::array();
  for (int i = 0; i <= each.binning.bins; ++i) edges.push_back(each.binning.edge(i));
  Json out = {{"name", each.column->name},
              {"units", each.column->units},
              {"meaning", each.column->meaning},
              {"verdict", words(each.verdict)},
              {"deviation", each.distance.deviation()},
              {"distance", json_of(each.distance)},
              {"generated", json_of(each.generated_summary)},
              {"reference", json_of(each.reference_summary)},
              {"bins",
               {{"edges", edges},
                {"logarithmic", each.binning.axis.logarithmic},
                {"generated", json_of(each.generated)},
                {"reference", json_of(each.reference)}}}};
  if (each.floor) out["floor"] = json_of(*each.floor);
  return out;
}

}  // namespace

Json twin(const Report& report) {
  const Content& content = report.content;
  Json observables = Json::array();
  for (const Observation& each : report.observations) observables.push_back(json_of(each));
  Json figures = Json::array();
  for (const Finding& each : report.findings) {
    Json figure = {{"metric", each.metric},         {"figure", each.figure},
                   {"value", each.value},           {"error", each.error},
                   {"null_value", each.null_value}, {"null_error", each.null_error},
                   {"deviation", each.deviation},   {"verdict", words(each.verdict)}};
    if (content.training) figure["floor"] = each.floor;
    if (!each.failure.empty()) figure["failure"] = each.failure;
    figures.push_back(std::move(figure));
  }
  Json out = {{"title", content.title},
              {"verdict", words(report.verdict)},
              {"sentence", report.sentence},
              {"generated", json_of(content.generated)},
              {"reference", json_of(content.reference)}};
  if (content.training) out["training"] = json_of(*content.training);
  out["remarks"] = content.remarks;
  out["figures"] = std::move(figures);
  out["observables"] = std::move(observables);
  out["metrics"] = content.judgements;
  out["floors"] = content.floors;
  out["command"] = content.command;
  out["settings"] = content.settings;
  return out;
}

std::string table(const Report& report) {
  constexpr size_t kObservables = 10;  // the page has all
  std::vector<std::vector<std::string>> rows = {{"", "value", "if equal", "deviation", "verdict"}};
  std::string failures;
  for (const Finding& each : report.findings) {
    const std::string name = each.figure == each.metric || !each.quoted
                                 ? spoken(each.figure)
                                 : spoken(each.metric) + ": " + spoken(each.figure);
    if (!each.failure.empty()) failures += name + ": " + each.failure + "\n";
    rows.push_back({(each.quoted ? "" : "  ") + name, measured(each.value, each.error),
                    measured(each.null_value, each.null_error), sigmas(each.deviation),
                    words(each.verdict)});
  }
  const size_t shown = std::min(kObservables, report.worst_first.size());
  for (size_t k = 0; k < shown; ++k) {
    const Observation& each = report.observations[report.worst_first[k]];
    rows.push_back({spoken(each.column->name), "χ²/ndf " + number(each.distance.chi2_per_ndf, 3),
                    std::to_string(each.distance.ndf) + " ndf", sigmas(each.distance.deviation()),
                    words(each.verdict)});
  }
  std::vector<int64_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) out += padded(row[i], widths[i], i > 0) + "  ";
    out += row.back() + "\n";
  }
  if (shown < report.worst_first.size()) {
    out += "and " + count(static_cast<int64_t>(report.worst_first.size() - shown)) +
           " observables that deviate less\n";
  }
  return out + failures + "\n" + report.sentence + "\n";
}

}  // namespace castalia_cli::report
