#include "cpp/referee/observables/jets/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/observables/jets/multigraph.h"

namespace castalia::referee {
namespace {

constexpr uint16_t kGeneratedStage = 1, kReferenceStage = 2;

// How often each of `jets` is among `draws` drawn with replacement.
std::vector<double> draw(int64_t jets, int64_t draws, uint64_t seed, uint16_t stage,
                         int64_t batch) {
  std::vector<double> counts(jets);
  for (int64_t i = 0; i < draws; ++i) {
    const uint64_t random = bits({.seed = seed, .event = static_cast<uint64_t>(i), .stage = stage},
                                 static_cast<uint32_t>(batch));
    // The product's upper half: uniform over the jets to within 2^-64 of each.
    const auto jet = static_cast<uint64_t>(
        (static_cast<unsigned __int128>(random) * static_cast<uint64_t>(jets)) >> 64);
    ++counts[jet];
  }
  return counts;
}

void check_table(const ObservableTable& table, int64_t jets, const char* what) {
  if (table.rows == 0 || jets == 0) fail(Code::empty_data, "the ", what, " jets have no values");
  const int64_t last = table.event.empty() ? table.rows - 1 : table.event.back();
  if (last >= jets) {
    fail(Code::shape_mismatch, "the ", what, " values belong to ", last + 1, " jets, but ", jets,
         " are stated");
  }
}

}  // namespace

EventWasserstein::EventWasserstein(std::span<const double> a, std::span<const int64_t> event_of_a,
                                   std::span<const double> b, std::span<const int64_t> event_of_b) {
  sorted_.reserve(a.size() + b.size());
  const auto event = [](std::span<const int64_t> events, size_t i) {
    return events.empty() ? static_cast<int64_t>(i) : events[i];
  };
  for (size_t i = 0; i < a.size(); ++i) sorted_.push_back({a[i], event(event_of_a, i)});
  for (size_t i = 0; i < b.size(); ++i) sorted_.push_back({b[i], -1 - event(event_of_b, i)});
  // Stable: the order of equal values, and with it the rounding, is always the same.
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [](const Entry& x, const Entry& y) { return x.value < y.value; });
}

double EventWasserstein::distance(std::span<const double> weights_of_a,
                                  std::span<const double> weights_of_b) const {
  double total_a = 0, total_b = 0;
  for (const Entry& each : sorted_) {
    if (each.event >= 0) {
      total_a += weights_of_a[each.event];
    } else {
      total_b += weights_of_b[-1 - each.event];
    }
  }
  if (!(total_a > 0) || !(total_b > 0)) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0, below_a = 0, below_b = 0, last = 0;
  for (const Entry& each : sorted_) {
    const double weight =
        each.event >= 0 ? weights_of_a[each.event] : weights_of_b[-1 - each.event];
    if (weight == 0) continue;
    if (below_a + below_b > 0) {
      sum += std::abs(below_a / total_a - below_b / total_b) * (each.value - last);
    }
    last = each.value;
    (each.event >= 0 ? below_a : below_b) += weight;
  }
  return sum;
}

std::vector<Score> wasserstein_scores(const ObservableTable& generated, int64_t generated_jets,
                                      const ObservableTable& reference, int64_t reference_jets,
                                      const ScoreSettings& settings, ThreadPool& pool) {
  if (generated.width() != reference.width()) {
    fail(Code::shape_mismatch, "the generated table has ", generated.width(),
         " columns, the reference ", reference.width());
  }
  check_table(generated, generated_jets, "generated");
  check_table(reference, reference_jets, "reference");
  if (settings.batch < 1 || settings.batches < 1) {
    fail(Code::out_of_range, "scores need at least one batch of one jet, not ", settings.batches,
         " of ", settings.batch);
  }
  std::vector<std::vector<double>> of_generated(settings.batches), of_reference(settings.batches);
  pool.run(settings.batches, [&](int64_t first, int64_t last, int) {
    for (int64_t b = first; b < last; ++b) {
      of_generated[b] = draw(generated_jets, settings.batch, settings.seed, kGeneratedStage, b);
      of_reference[b] = draw(reference_jets, settings.batch, settings.seed, kReferenceStage, b);
    }
  });
  std::vector<Score> scores(generated.width());
  pool.run(generated.width(), [&](int64_t first, int64_t last, int) {
    for (int64_t c = first; c < last; ++c) {
      Score& score = scores[c];
      score.observable = generated.columns[c].name;
      const EventWasserstein wasserstein(generated.values_of(score.observable), generated.event,
                                         reference.values_of(reference.columns[c].name),
                                         reference.event);
      std::vector<double> values;
      for (int64_t b = 0; b < settings.batches; ++b) {
        values.push_back(wasserstein.distance(of_generated[b], of_reference[b]));
        score.mean += values.back() / static_cast<double>(settings.batches);
      }
      double squares = 0;
      for (const double value : values) squares += (value - score.mean) * (value - score.mean);
      score.deviation = std::sqrt(squares / static_cast<double>(settings.batches));
    }
  });
  return scores;
}

std::vector<std::string> mass_score_columns() { return {"mass"}; }

std::vector<std::string> flow_score_columns() {
  std::vector<std::string> out;
  for (const Multigraph& graph : connected_multigraphs(4)) {
    if (graph.vertices == 4 && graph.edges.size() == 4) out.push_back("efp_" + text_of(graph));
  }
  return out;
}

ObservableTable select_columns(const ObservableTable& table, std::span<const std::string> names) {
  ObservableTable out;
  out.rows = table.rows;
  out.event = table.event;
  std::vector<int64_t> places;
  for (const std::string& name : names) {
    places.push_back(table.column(name));
    out.columns.push_back(table.columns[places.back()]);
  }
  out.values.reserve(out.rows * out.width());
  for (int64_t i = 0; i < out.rows; ++i) {
    for (const int64_t place : places) out.values.push_back(table.row(i)[place]);
  }
  return out;
}

Matching match(std::span<const double> distances, int64_t generated, int64_t reference) {
  if (generated < 1 || reference < 1) {
    fail(Code::empty_data, "matching needs at least one jet of each sample, not ", generated,
         " and ", reference);
  }
  if (static_cast<int64_t>(distances.size()) != generated * reference) {
    fail(Code::shape_mismatch, "there are ", distances.size(), " distances, not ", generated, " x ",
         reference);
  }
  std::vector<double> nearest(reference, std::numeric_limits<double>::infinity());
  std::vector<bool> covered(reference);
  for (int64_t g = 0; g < generated; ++g) {
    const auto row = distances.subspan(g * reference, reference);
    covered[std::min_element(row.begin(), row.end()) - row.begin()] = true;
    for (int64_t r = 0; r < reference; ++r) nearest[r] = std::min(nearest[r], row[r]);
  }
  Matching out;
  for (int64_t r = 0; r < reference; ++r) {
    out.coverage += covered[r] ? 1 : 0;
    out.minimum_matching_distance += nearest[r];
  }
  out.coverage /= static_cast<double>(reference);
  out.minimum_matching_distance /= static_cast<double>(reference);
  return out;
}

}  // namespace castalia::referee
