#include "cpp/referee/prepare.h"

#include <algorithm>

#include "cpp/base/status.h"

namespace castalia::referee {

Field events_field(int64_t default_value) {
  return {.name = "events",
          .type = FieldType::integer,
          .default_value = text(default_value),
          .meaning = "events of each sample that are used, drawn with the seed; 0 for all",
          .least = 0,
          .greatest = 1e9};
}

Field scaling_field(const std::string& default_value) {
  return {.name = "scaling",
          .type = FieldType::text,
          .default_value = '"' + default_value + '"',
          .meaning =
              "what columns are divided by: nothing, the reference's standard deviation, or "
              "its largest magnitude",
          .choices = kScalings};
}

RowPair prepared(const Comparison& comparison, const FieldValues& values, uint64_t seed,
                 int64_t least, const std::string& purpose, Sizes sizes, Weighting weighting) {
  require_rows(*comparison.generated, "generated", least, purpose);
  require_rows(*comparison.reference, "reference", least, purpose);
  int64_t events = values.integer("events");
  if (events != 0 && events < least) {
    fail(Code::out_of_range, "events is ", events, ", but ", purpose, " needs at least ", least);
  }
  if (sizes == Sizes::equal) {
    const int64_t both = std::min(comparison.generated->rows, comparison.reference->rows);
    events = events == 0 ? both : std::min(events, both);
  }
  const auto drawn = [&](const Dataset& data, const std::string& name, uint16_t use,
                         uint16_t unweight) {
    if (weighting == Weighting::as_it_is || data.weights.empty()) {
      return take_rows(data, choose_rows(data.rows, events, seed, use));
    }
    const std::vector<int64_t> kept = unweighted_rows(data, seed, unweight);
    const auto left = static_cast<int64_t>(kept.size());
    if (left < least) {
      fail(Code::empty_data, name, ": ", left, " unweighted events of ", data.rows,
           " weighted ones, but ", purpose, " needs at least ", least);
    }
    std::vector<int64_t> which;
    for (const int64_t at : choose_rows(left, events, seed, use)) {
      which.push_back(kept[static_cast<size_t>(at)]);
    }
    Rows rows = take_rows(data, which);
    rows.weights.assign(which.size(), 1 / static_cast<double>(which.size()));
    return rows;
  };
  RowPair out{drawn(*comparison.generated, "generated", kChooseGenerated, kUnweightGenerated),
              drawn(*comparison.reference, "reference", kChooseReference, kUnweightReference)};
  const std::vector<double> factors =
      column_factors(*comparison.reference, scaling(values.text("scaling")));
  scale_columns(out.generated, factors);
  scale_columns(out.reference, factors);
  return out;
}

void subtract_reference_mean(RowPair& rows) {
  const Rows& reference = rows.reference;
  std::vector<double> mean(static_cast<size_t>(reference.columns), 0.0);
  for (int64_t r = 0; r < reference.count; ++r) {
    for (size_t j = 0; j < mean.size(); ++j) {
      mean[j] += reference.weights[static_cast<size_t>(r)] * reference.row(r)[j];
    }
  }
  for (Rows* each : {&rows.generated, &rows.reference}) {
    for (int64_t r = 0; r < each->count; ++r) {
      double* x = each->x.data() + r * each->columns;
      for (size_t j = 0; j < mean.size(); ++j) x[j] -= mean[j];
    }
  }
}

}  // namespace castalia::referee
