// The referee: metrics of samples, and observables of events.
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/observables/observables.h"

namespace castalia::capi {
namespace {

// Progress is told in thousandths.
constexpr int64_t kProgressSteps = 1000;

std::shared_ptr<const Dataset> data_of(castalia_dataset* handle) {
  return from_handle<DatasetObject>(handle)->data;
}

nlohmann::ordered_json description_of(const referee::ObservableSet& set,
                                      const referee::Observables& observables) {
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const referee::Observable& each : observables.table.columns) {
    columns.push_back({{"name", each.name}, {"units", each.units}, {"meaning", each.meaning}});
  }
  nlohmann::ordered_json details = nlohmann::ordered_json::array();
  for (const referee::ObservableDetail& each : observables.details) {
    details.push_back({{"name", each.name},
                       {"units", each.units},
                       {"meaning", each.meaning},
                       {"shape", each.shape},
                       {"values", each.values}});
  }
  return {{"observables", set.name}, {"columns", columns}, {"details", details}};
}

// What a data set that came as it is has to tell: its columns by number.
nlohmann::ordered_json plain_description(const Dataset& data) {
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < data.features; ++i) {
    columns.push_back({{"name", text("column_", i)}, {"units", ""}, {"meaning", ""}});
  }
  return {{"columns", columns}, {"details", nlohmann::ordered_json::array()}};
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_metrics(const char** json) {
  return call([&] { required(json, "json") = lend(referee::metrics_json()); });
}

CASTALIA_API castalia_status castalia_observable_sets(const char** json) {
  return call([&] { required(json, "json") = lend(referee::observable_sets_json()); });
}

CASTALIA_API castalia_status
castalia_evaluate(castalia_context* context, const char* metric, castalia_dataset* generated,
                  castalia_dataset* reference, castalia_dataset* training, castalia_config* options,
                  uint64_t seed, castalia_progress_callback progress, void* user, double* value,
                  double* error, double* null_value, double* null_error, const char** json) {
  return call([&] {
    for (double* each : {value, error, null_value, null_error}) {
      if (each != nullptr) *each = referee::kUnknown;
    }
    if (json != nullptr) *json = nullptr;
    const std::shared_ptr<Context> settings = context_of(context);
    const std::shared_ptr<const Dataset> of_generator = data_of(generated);
    const std::shared_ptr<const Dataset> truth = data_of(reference);
    const std::shared_ptr<const Dataset> learned =
        training == nullptr ? nullptr : data_of(training);
    const referee::Metric& chosen = referee::find_metric(&required(metric, "metric"));
    ThreadPool pool(settings->training_threads);
    referee::Work work{pool, seed};
    if (progress != nullptr) {
      work.progress = [&](double share) {
        return progress(std::llround(share * kProgressSteps), kProgressSteps, referee::kUnknown,
                        referee::kUnknown, user) == 0;
      };
    }
    const referee::Comparison comparison{of_generator.get(), truth.get(), learned.get()};
    const referee::Evaluation done =
        referee::evaluate(chosen, comparison, config_json(options), work);
    const referee::Figure& figure = done.judgement.figures.front();
    const auto put = [](double* to, double from) {
      if (to != nullptr) *to = from;
    };
    put(value, figure.value);
    put(error, figure.error);
    put(null_value, figure.null_value);
    put(null_error, figure.null_error);
    if (json != nullptr) *json = lend(done.json);
  });
}

CASTALIA_API castalia_status castalia_dataset_observe(castalia_context* context,
                                                      castalia_dataset* dataset, const char* set,
                                                      castalia_config* options,
                                                      castalia_dataset** out) {
  return call_making(out, [&] {
    const std::shared_ptr<Context> settings = context_of(context);
    const std::shared_ptr<const Dataset> events = data_of(dataset);
    const referee::ObservableSet& chosen = referee::find_observable_set(&required(set, "set"));
    ThreadPool pool(settings->training_threads);
    referee::Observables observables =
        referee::compute_observables(chosen, *events, config_json(options), pool);
    auto object = std::make_shared<DatasetObject>();
    object->description = description_of(chosen, observables).dump();
    object->data =
        std::make_shared<const Dataset>(referee::as_dataset(std::move(observables.table), *events));
    return to_handle(std::move(object));
  });
}

CASTALIA_API castalia_status castalia_dataset_describe(castalia_dataset* dataset,
                                                       const char** json) {
  return call([&] {
    const auto object = from_handle<DatasetObject>(dataset);
    required(json, "json") =
        lend(object->description.empty() ? plain_description(*object->data).dump()
                                         : object->description);
  });
}

}  // extern "C"

}  // namespace castalia::capi
