#include "cpp/referee/metric.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/referee/registry.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {
namespace {

using Json = nlohmann::ordered_json;

void check_samples(const Metric& metric, const Comparison& comparison) {
  check(comparison.generated != nullptr && comparison.reference != nullptr, metric.name,
        ": a comparison without samples");
  check_sample(*comparison.generated, "generated");
  check_sample(*comparison.reference, "reference");
  if (comparison.training != nullptr) {
    check_sample(*comparison.training, "training");
    if (comparison.training->features != comparison.reference->features) {
      fail(Code::shape_mismatch, metric.name, ": the training sample has ",
           comparison.training->features, " columns and the reference has ",
           comparison.reference->features);
    }
  }
  if (metric.same_columns && comparison.generated->features != comparison.reference->features) {
    fail(Code::shape_mismatch, metric.name, ": the generated sample has ",
         comparison.generated->features, " columns and the reference has ",
         comparison.reference->features);
  }
}

Json sample_json(const Dataset& data) {
  return {{"rows", data.rows}, {"columns", data.features}, {"weighted", !data.weights.empty()}};
}

}  // namespace

const Figure& Judgement::figure(const std::string& name) const {
  std::vector<std::string> names;
  for (const Figure& each : figures) {
    if (each.name == name) return each;
    names.push_back(each.name);
  }
  fail(Code::not_found, "no figure '", name, "'", suggestion(name, names));
}

void Work::report(double share) const {
  if (progress && !progress(share)) fail(Code::cancelled, "the evaluation was cancelled");
}

Work Work::part(double begin, double end) const {
  Work out{.pool = pool, .seed = seed};
  if (progress) {
    out.progress = [this, begin, end](double own) { return progress(begin + own * (end - begin)); };
  }
  return out;
}

std::span<const Metric* const> metrics() {
  static const std::vector<const Metric*> all = [] {
    std::vector<const Metric*> list = registered_metrics();
    std::sort(list.begin(), list.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    return list;
  }();
  return all;
}

const Metric& find_metric(const std::string& name) {
  std::vector<std::string> names;
  for (const Metric* each : metrics()) {
    if (each->name == name) return *each;
    names.push_back(each->name);
  }
  fail(Code::not_found, "unknown metric '", name, "'", suggestion(name, names));
}

std::string metrics_json() {
  Json list = Json::array();
  for (const Metric* metric : metrics()) {
    Json fields = Json::array();
    for (const Field& field : metric->fields) fields.push_back(describe(field));
    list.push_back({{"name", metric->name},
                    {"family", metric->family},
                    {"summary", metric->summary},
                    {"description", metric->description},
                    {"takes", metric->takes_events ? "events" : "columns"},
                    {"fields", std::move(fields)},
                    {"references", metric->references}});
  }
  return list.dump(2);
}

Judgement judge(const Metric& metric, const Comparison& comparison, const std::string& options,
                Work& work) {
  const FieldValues values(metric.name, metric.fields, options);
  check_samples(metric, comparison);
  work.report(0);
  Judgement judgement = metric.evaluate(comparison, values, work);
  work.report(1);
  return judgement;
}

Evaluation evaluate(const Metric& metric, const Comparison& comparison, const std::string& options,
                    Work& work) {
  Judgement judgement = judge(metric, comparison, options, work);
  const FieldValues values(metric.name, metric.fields, options);
  Json figures = Json::array();
  for (const Figure& each : judgement.figures) {
    figures.push_back({{"name", each.name},
                       {"value", each.value},
                       {"error", each.error},
                       {"null_value", each.null_value},
                       {"null_error", each.null_error},
                       {"deviation", each.deviation()}});
  }
  Json details = Json::object();
  for (const Detail& each : judgement.details) {
    std::visit([&](const auto& value) { details[each.name] = value; }, each.value);
  }
  const Json out = {{"metric", metric.name},
                    {"settings", Json::parse(values.json())},
                    {"seed", work.seed},
                    {"generated", sample_json(*comparison.generated)},
                    {"reference", sample_json(*comparison.reference)},
                    {"figures", std::move(figures)},
                    {"details", std::move(details)}};
  return {std::move(judgement), out.dump(2)};
}

}  // namespace castalia::referee
