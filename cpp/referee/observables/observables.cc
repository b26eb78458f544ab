#include "cpp/referee/observables/observables.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/referee/observables/registry.h"

namespace castalia::referee {
namespace {

template <typename Range>
std::vector<std::string> names_of(const Range& range) {
  std::vector<std::string> out;
  for (const auto& each : range) out.push_back(each.name);
  return out;
}

void check_extents(const std::string& what, size_t size, int64_t rows, int64_t columns) {
  if (rows >= 0 && columns >= 0 && size == static_cast<uint64_t>(rows) * columns) return;
  fail(Code::shape_mismatch, what, " has ", size, " values, but ", rows, " rows of ", columns,
       " columns are stated");
}

void check_weights(const std::string& set, const Dataset& data) {
  if (data.weights.empty()) return;
  check_extents("the weights", data.weights.size(), data.rows, 1);
  double sum = 0;
  for (int64_t i = 0; i < data.rows; ++i) {
    if (!(data.weights[i] >= 0) || !std::isfinite(data.weights[i])) {
      fail(std::isfinite(data.weights[i]) ? Code::out_of_range : Code::not_finite, set,
           ": the weight is ", data.weights[i], " in row ", i, "; it must be 0 or above");
    }
    sum += data.weights[i];
  }
  if (!(sum > 0)) fail(Code::out_of_range, set, ": the weights sum to 0");
}

// The place of the first value that is not finite, whatever thread finds it; -1 where all are.
int64_t first_not_finite(std::span<const double> values, ThreadPool& pool) {
  constexpr int64_t kTile = 1 << 16;
  const auto size = static_cast<int64_t>(values.size());
  std::atomic<int64_t> found{size};
  pool.run((size + kTile - 1) / kTile, [&](int64_t first, int64_t last, int) {
    const int64_t end = std::min(last * kTile, size);
    for (int64_t i = first * kTile; i < end; ++i) {
      if (std::isfinite(values[i])) [[likely]]
        continue;
      int64_t least = found.load();
      while (i < least && !found.compare_exchange_weak(least, i)) {
      }
      return;
    }
  });
  return found == size ? -1 : found.load();
}

void check_finite(const std::string& set, const std::string& what, std::span<const double> values,
                  int64_t columns, ThreadPool& pool) {
  const int64_t place = first_not_finite(values, pool);
  if (place < 0) return;
  fail(Code::not_finite, set, ": ", what, " is ", values[place], " in row ", place / columns,
       ", column ", place % columns);
}

}  // namespace

int64_t ObservableTable::column(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return static_cast<int64_t>(i);
  }
  fail(Code::not_found, "there is no observable '", name, "'", suggestion(name, names_of(columns)));
}

std::vector<double> ObservableTable::values_of(const std::string& name) const {
  const int64_t place = column(name);
  std::vector<double> out(rows);
  for (int64_t i = 0; i < rows; ++i) out[i] = row(i)[place];
  return out;
}

Dataset as_dataset(ObservableTable table, const Dataset& events) {
  Dataset out;
  out.rows = table.rows;
  out.features = table.width();
  out.x = std::move(table.values);
  out.context_features = events.context_features;
  if (table.event.empty()) {
    out.context = events.context;
    out.weights = events.weights;
    return out;
  }
  for (const int64_t event : table.event) {
    const auto first = events.context.begin() + event * events.context_features;
    out.context.insert(out.context.end(), first, first + events.context_features);
    if (!events.weights.empty()) out.weights.push_back(events.weights[static_cast<size_t>(event)]);
  }
  return out;
}

const ObservableDetail& Observables::detail(const std::string& name) const {
  for (const ObservableDetail& each : details) {
    if (each.name == name) return each;
  }
  fail(Code::not_found, "there is no detail '", name, "'", suggestion(name, names_of(details)));
}

std::span<const ObservableSet* const> observable_sets() {
  static const std::vector<const ObservableSet*> all = registered_observable_sets();
  return all;
}

const ObservableSet& find_observable_set(const std::string& name) {
  std::vector<std::string> names;
  for (const ObservableSet* set : observable_sets()) {
    if (set->name == name) return *set;
    names.push_back(set->name);
  }
  fail(Code::not_found, "there is no set of observables '", name, "'", suggestion(name, names));
}

std::string observable_sets_json() {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const ObservableSet* set : observable_sets()) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::array();
    for (const Field& field : set->fields) fields.push_back(describe(field));
    out.push_back({{"name", set->name},
                   {"summary", set->summary},
                   {"description", set->description},
                   {"references", set->references},
                   {"fields", fields}});
  }
  return out.dump();
}

Observables compute_observables(const ObservableSet& set, const Dataset& data,
                                const std::string& fields, ThreadPool& pool) {
  const FieldValues values(set.name, set.fields, fields);
  check_extents("the data", data.x.size(), data.rows, data.features);
  check_extents("the context", data.context.size(), data.rows, data.context_features);
  if (data.rows == 0) fail(Code::empty_data, set.name, ": the data have no rows");
  check_weights(set.name, data);
  check_finite(set.name, "the data", data.x, data.features, pool);
  check_finite(set.name, "the context", data.context, data.context_features, pool);
  return set.compute(data, values, pool);
}

}  // namespace castalia::referee
