#include "bindings/cli/report/report.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

double real(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : kUnknown;
}

const Json* figure_of(const std::vector<Json>& judgements, const std::string& metric,
                      const std::string& figure) {
  for (const Json& judgement : judgements) {
    if (judgement.value("metric", "") != metric || !judgement.contains("figures")) continue;
    for (const Json& each : judgement["figures"]) {
      if (each.value("name", "") == figure) return &each;
    }
  }
  return nullptr;
}

std::vector<Finding> findings_of(const Content& content) {
  std::vector<Finding> out;
  for (const Json& judgement : content.judgements) {
    const std::string metric = judgement.value("metric", "");
    if (!judgement.contains("figures")) {
      Finding failed;
      failed.metric = failed.figure = metric;
      failed.quoted = true;
      failed.failure = judgement.value("failure", "");
      out.push_back(std::move(failed));
      continue;
    }
    bool first = true;
    for (const Json& each : judgement["figures"]) {
      Finding finding;
      finding.metric = metric;
      finding.figure = each.value("name", "");
      finding.quoted = std::exchange(first, false);
      finding.value = real(each, "value");
      finding.error = real(each, "error");
      finding.null_value = real(each, "null_value");
      finding.null_error = real(each, "null_error");
      finding.deviation = real(each, "deviation");
      finding.verdict = verdict_of(finding.deviation);
      if (const Json* floor = figure_of(content.floors, metric, finding.figure)) {
        finding.floor = real(*floor, "value");
        finding.floor_error = real(*floor, "error");
      }
      out.push_back(std::move(finding));
    }
  }
  return out;
}

// A number of a column in the details of what a metric gave.
double detail_of(const std::vector<Json>& judgements, const std::string& metric,
                 const std::string& detail, size_t column) {
  for (const Json& judgement : judgements) {
    if (judgement.value("metric", "") != metric || !judgement.contains("details")) continue;
    const Json& values = judgement["details"].value(detail, Json::array());
    if (column < values.size() && values[column].is_number()) return values[column].get<double>();
  }
  return kUnknown;
}

Distance distance_of(const std::vector<Json>& judgements, size_t column, const Summary& one,
                     const Summary& other) {
  Distance out;
  const auto put = [&](double& to, const char* metric, const char* detail) {
    to = detail_of(judgements, metric, detail, column);
  };
  put(out.chi2_per_ndf, "chi_square", "chi_square_per_degree_of_freedom");
  put(out.separation, "separation_power", "separation_power");
  put(out.separation_expected, "separation_power", "separation_power_null_value");
  put(out.wasserstein, "wasserstein", "distance");
  put(out.wasserstein_expected, "wasserstein", "null_value");
  const double ndf = detail_of(judgements, "chi_square", "degrees_of_freedom", column);
  if (ndf > 0) {
    out.ndf = static_cast<int>(ndf);
    out.shape_deviation = normal_deviate(out.chi2_per_ndf * ndf, out.ndf);
  }
  out.mean_deviation = mean_deviation(one, other);
  return out;
}

Observation observe(const Content& content, size_t i) {
  const Column& column = content.columns[i];
  const auto summary = [](const Weighted& values, const std::vector<double>& all) {
    return summarise(values, static_cast<int64_t>(all.size()));
  };
  const Weighted generated = sorted(column.generated, content.weights.generated),
                 reference = sorted(column.reference, content.weights.reference);
  Observation out;
  out.column = &column;
  out.binning = choose_binning(generated, reference);
  out.generated = fill(out.binning, generated);
  out.reference = fill(out.binning, reference);
  out.generated_summary = summary(generated, column.generated);
  out.reference_summary = summary(reference, column.reference);
  out.distance =
      distance_of(content.column_judgements, i, out.generated_summary, out.reference_summary);
  if (!column.training.empty()) {
    const Weighted training = sorted(column.training, content.weights.training);
    out.floor = distance_of(content.column_floors, i, summary(training, column.training),
                            out.reference_summary);
  }
  out.verdict = verdict_of(out.distance.deviation());
  return out;
}

// The probability that a normal number is as far from zero as this.
double chance_of(double deviation) { return std::erfc(std::fabs(deviation) / std::numbers::sqrt2); }

struct Worst {
  std::string name;
  double deviation = 0;
};

struct Tally {
  int64_t comparisons = 0, hints = 0, differences = 0;
  Worst worst;

  void add(const std::string& name, double deviation) {
    if (std::isnan(deviation)) return;
    const Verdict verdict = verdict_of(deviation);
    ++comparisons;
    hints += verdict == Verdict::hint ? 1 : 0;
    differences += verdict == Verdict::differs ? 1 : 0;
    if (comparisons == 1 || std::fabs(deviation) > std::fabs(worst.deviation)) {
      worst = {name, deviation};
    }
  }
};

// Whether the greatest of so many deviations is remarkable. A difference always is: thousands of
// comparisons of equal samples do not give one.
Verdict overall(const Tally& tally) {
  if (tally.comparisons == 0) return Verdict::not_judged;
  if (tally.differences > 0) return Verdict::differs;
  const double chance = static_cast<double>(tally.comparisons) * chance_of(tally.worst.deviation);
  return chance < chance_of(kHint) ? Verdict::hint : Verdict::indistinguishable;
}

std::string counted(int64_t n, const std::string& one, const std::string& many) {
  return count(n) + " " + (n == 1 ? one : many);
}

std::string sentence_of(Verdict verdict, const Tally& tally, const Content& content) {
  const std::string events =
      count(content.generated.events) + " generated and " +
      counted(content.reference.events, "reference event", "reference events");
  const std::string looked = counted(tally.comparisons, "comparison", "comparisons");
  const std::string worst =
      "“" + spoken(tally.worst.name) + "” (" + sigmas(std::fabs(tally.worst.deviation)) + ")";
  switch (verdict) {
    case Verdict::not_judged: return "Nothing could be judged of " + events + ".";
    case Verdict::indistinguishable:
      return "With " + events + ", the generator is indistinguishable from the reference: of " +
             looked + " the largest deviation, " + worst + ", is what chance gives.";
    case Verdict::hint:
      return "With " + events + ", there is a hint of a difference: of " + looked +
             " the largest deviation is " + worst + ", more than chance gives among so many.";
    case Verdict::differs: break;
  }
  std::string out = "With " + events +
                    ", the generator differs from the reference: " + count(tally.differences) +
                    " of " + looked + " beyond " + number(kDiffers) + " standard deviations";
  if (tally.hints > 0) out += ", " + count(tally.hints) + " more beyond " + number(kHint);
  return out + "; the largest is " + worst + ".";
}

}  // namespace

double Distance::deviation() const {
  const double mean = std::fabs(mean_deviation);
  if (std::isnan(shape_deviation)) return mean;
  return std::isnan(mean) ? shape_deviation : std::max(shape_deviation, mean);
}

Verdict verdict_of(double deviation) {
  if (std::isnan(deviation)) return Verdict::not_judged;
  if (std::fabs(deviation) >= kDiffers) return Verdict::differs;
  return std::fabs(deviation) >= kHint ? Verdict::hint : Verdict::indistinguishable;
}

const char* words(Verdict verdict) {
  switch (verdict) {
    case Verdict::indistinguishable: return "indistinguishable";
    case Verdict::hint: return "hint";
    case Verdict::differs: return "differs";
    case Verdict::not_judged: break;
  }
  return "not judged";
}

Report judge(Content content) {
  Report out;
  out.content = std::move(content);
  out.findings = findings_of(out.content);
  Tally tally;
  for (const Finding& each : out.findings) {
    // A metric's figure may have a name that says little without the metric's.
    const bool alone = each.figure == each.metric;
    tally.add(alone ? each.figure : each.metric + " " + each.figure, each.deviation);
  }
  for (size_t i = 0; i < out.content.columns.size(); ++i) {
    out.observations.push_back(observe(out.content, i));
    tally.add(out.content.columns[i].name, out.observations.back().distance.deviation());
  }
  out.worst_first.resize(out.observations.size());
  std::iota(out.worst_first.begin(), out.worst_first.end(), size_t{0});
  // What could not be judged comes last.
  const auto badness = [&](size_t i) {
    const double deviation = out.observations[i].distance.deviation();
    return std::isnan(deviation) ? -std::numeric_limits<double>::infinity() : deviation;
  };
  std::stable_sort(out.worst_first.begin(), out.worst_first.end(),
                   [&](size_t a, size_t b) { return badness(a) > badness(b); });
  out.verdict = overall(tally);
  out.sentence = sentence_of(out.verdict, tally, out.content);
  return out;
}

}  // namespace castalia_cli::report
