#include "bindings/cli/judging.h"

#include <algorithm>
#include <cmath>

#include "bindings/cli/commands.h"
#include "bindings/cli/progress.h"

namespace castalia_cli {
namespace {

// What takes seconds on tens of thousands of events, and asks for no other sample.
constexpr const char* kDefaultMetrics[] = {
    "frechet_physics_distance", "kernel_physics_distance", "mmd",
    "sliced_wasserstein",       "neighbour_divergence",    "manifold"};
constexpr int64_t kThousandths = 1000;

struct Bar {
  Progress* progress;
  int64_t before;  // thousandths of the metrics before this one
  const std::string* name;
};

int show(int64_t step, int64_t steps, double, double, void* user) {
  const Bar& bar = *static_cast<Bar*>(user);
  bar.progress->show(bar.before + step * kThousandths / std::max<int64_t>(steps, 1), *bar.name);
  return 0;
}

// What says something about the samples, and not about what was asked for.
bool is_about_samples(castalia_status status) {
  return status == CASTALIA_EMPTY_DATA || status == CASTALIA_NUMERICAL ||
         status == CASTALIA_UNSUPPORTED || status == CASTALIA_OUT_OF_MEMORY;
}

// What castalia_evaluate gives, or {metric, failure} where the samples do not allow it.
Json evaluate_metric(castalia_context* context, const std::string& metric, const Json& settings,
                     const Sample& generated, const Compared& samples, uint64_t seed,
                     bool forgiving, Bar bar) {
  const Config config = make_config(settings);
  const char* text = nullptr;
  const castalia_status status =
      castalia_evaluate(context, metric.c_str(), generated.data.get(), samples.reference.data.get(),
                        samples.training ? samples.training->data.get() : nullptr, config.get(),
                        seed, show, &bar, nullptr, nullptr, nullptr, nullptr, &text);
  if (status == CASTALIA_OK) return Json::parse(text);
  if (!forgiving && !is_about_samples(status)) throw Failure(castalia_last_error());
  return {{"metric", metric}, {"failure", castalia_last_error()}};
}

// Equal shares of the reference with events enough in each.
int64_t bins_for(const Sample& one, const Sample& other) {
  const int64_t fewer = std::min(one.events, other.events);
  const auto wanted = static_cast<int64_t>(2 * std::cbrt(static_cast<double>(fewer)));
  return std::clamp<int64_t>(std::min(wanted, fewer / 2), 2, 50);
}

}  // namespace

Chosen choose_metrics(const std::vector<std::string>& asked,
                      const std::vector<std::string>& settings, bool jets) {
  const std::vector<std::string> known = names_of(json_of(castalia_metrics));
  Chosen out;
  out.all = asked.size() == 1 && asked[0] == "all";
  if (out.all) {
    out.metrics = known;
  } else if (asked.size() == 1 && asked[0] == "none") {
    return out;
  } else if (asked.empty()) {
    for (const char* each : kDefaultMetrics) {
      if (contains(known, each)) out.metrics.emplace_back(each);
    }
    if (jets) out.metrics.emplace_back("jet_scores");
  } else {
    out.metrics = asked;
  }
  for (const std::string& each : out.metrics) {
    if (!contains(known, each)) {
      throw Failure("unknown metric '" + each + "'; known: " + listed(known) + ", all, none");
    }
  }
  for (const std::string& each : settings) {
    const size_t dot = each.find('.');
    const std::string metric = each.substr(0, dot);
    if (dot == std::string::npos || !contains(out.metrics, metric)) {
      throw CLI::ValidationError(
          "--metric-set",
          "'" + each + "' does not begin with METRIC., one of " + listed(out.metrics));
    }
    assign(out.settings.try_emplace(metric, Json::object()).first->second, "--metric-set",
           each.substr(dot + 1));
  }
  return out;
}

void add_judgements(castalia_context* context, const Chosen& chosen, uint64_t seed,
                    const Compared& events, const Compared& observables, report::Content& content) {
  std::vector<std::string> of_events;
  for (const Json& metric : json_of(castalia_metrics)) {
    if (metric["takes"] == "events") of_events.push_back(metric["name"].get<std::string>());
  }
  const int64_t sides = events.training ? 2 : 1;
  Progress progress(0, kThousandths * sides * static_cast<int64_t>(chosen.metrics.size()));
  int64_t done = 0;
  for (const std::string& metric : chosen.metrics) {
    const Compared& samples = contains(of_events, metric) ? events : observables;
    const auto settings = chosen.settings.find(metric);
    const auto run = [&](const Sample& one) {
      Json out = evaluate_metric(
          context, metric, settings == chosen.settings.end() ? Json::object() : settings->second,
          one, samples, seed, chosen.all, {&progress, kThousandths * done, &metric});
      progress.show(kThousandths * ++done, metric);
      return out;
    };
    content.judgements.push_back(run(samples.generated));
    if (samples.training) content.floors.push_back(run(*samples.training));
  }
}

void add_column_judgements(castalia_context* context, uint64_t seed, const Compared& samples,
                           report::Content& content) {
  const int64_t sides = samples.training ? 2 : 1;
  Progress progress(0, 3 * sides * kThousandths);
  int64_t done = 0;
  const auto judge = [&](const Sample& one, std::vector<Json>& out) {
    const Json bins = {{"bins", bins_for(one, samples.reference)}};
    const Json plain = {{"scaling", "none"}};
    for (const auto& [metric, settings] : {std::pair<std::string, Json>("chi_square", bins),
                                           std::pair<std::string, Json>("separation_power", bins),
                                           std::pair<std::string, Json>("wasserstein", plain)}) {
      out.push_back(evaluate_metric(context, metric, settings, one, samples, seed, false,
                                    {&progress, kThousandths * done++, &metric}));
    }
  };
  judge(samples.generated, content.column_judgements);
  if (samples.training) judge(*samples.training, content.column_floors);
}

}  // namespace castalia_cli
