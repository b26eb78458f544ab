#include "cpp/referee/columns.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "cpp/base/philox.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

// Columns copied out of the rows at a time: those of two cache lines.
constexpr int64_t kColumnsTogether = 16;

// The inverse of order_key.
double value_of(uint64_t key) {
  return std::bit_cast<double>((key >> 63) != 0 ? key & ~(uint64_t{1} << 63) : ~key);
}

std::array<std::array<float, 4>, 16> sign_table() {
  std::array<std::array<float, 4>, 16> table{};
  for (size_t bits = 0; bits < 16; ++bits) {
    for (size_t i = 0; i < 4; ++i) table[bits][i] = (bits >> i & 1) != 0 ? 1.0F : -1.0F;
  }
  return table;
}

int64_t event_number(std::span<const int64_t> event_of, int64_t row) {
  return event_of.empty() ? row : event_of[static_cast<size_t>(row)];
}

// As effective_rows(), of events that may have several rows.
double effective_events(std::span<const double> normalised, std::span<const int64_t> event_of) {
  if (event_of.empty()) return effective_rows(normalised);
  double squares = 0, sum = 0;
  for (size_t row = 0; row < normalised.size(); ++row) {
    sum += normalised[row];
    if (row + 1 < normalised.size() && event_of[row + 1] == event_of[row]) continue;
    squares += sum * sum;
    sum = 0;
  }
  return 1 / squares;
}

void copy_columns(const Dataset& data, int64_t first, int64_t columns, std::vector<double>& out) {
  out.resize(static_cast<size_t>(columns * data.rows));
  // Rows lie so far apart that processors do not guess the next one.
  constexpr int64_t kAhead = 16;
  for (int64_t row = 0; row < data.rows; ++row) {
    const double* from = data.x.data() + row * data.features + first;
    const double* ahead = from + std::min(kAhead, data.rows - 1 - row) * data.features;
    for (int64_t j = 0; j < columns; j += 8) __builtin_prefetch(ahead + j);
    for (int64_t j = 0; j < columns; ++j) out[static_cast<size_t>(j * data.rows + row)] = from[j];
  }
}

}  // namespace

const std::array<std::array<float, 4>, 16> SignedEvents::kSigns = sign_table();

Replicated& Replicated::operator+=(const Replicated& other) {
  value += other.value;
  for (size_t r = 0; r < kReplicates; ++r) {
    spread[r] += other.spread[r];
    null[r] += other.null[r];
  }
  return *this;
}

Replicated& Replicated::operator*=(double factor) {
  value *= factor;
  for (double& each : spread) each *= factor;
  for (double& each : null) each *= factor;
  return *this;
}

Figure Replicated::figure(const std::string& name) const {
  const Summary nulls = summarise(null);
  return {.name = name,
          .value = value,
          .error = summarise(spread).deviation,
          .null_value = nulls.mean,
          .null_error = nulls.deviation};
}

Replicated mean_of(std::span<const Replicated> columns) {
  Replicated out;
  for (const Replicated& each : columns) out += each;
  return out *= 1 / static_cast<double>(columns.size());
}

void add_mean(std::span<const Replicated> columns, const std::string& name, Judgement& judgement) {
  std::vector<double> value, error, null_value, null_error;
  for (const Replicated& column : columns) {
    const Figure figure = column.figure("");
    value.push_back(figure.value);
    error.push_back(figure.error);
    null_value.push_back(figure.null_value);
    null_error.push_back(figure.null_error);
  }
  judgement.figures.push_back(mean_of(columns).figure(name));
  judgement.details.push_back({name, value});
  judgement.details.push_back({name + "_error", error});
  judgement.details.push_back({name + "_null_value", null_value});
  judgement.details.push_back({name + "_null_error", null_error});
}

Replicated largest_of(std::span<const Replicated> columns) {
  Replicated out;
  for (const Replicated& each : columns) {
    out.value = std::max(out.value, each.value);
    for (size_t r = 0; r < kReplicates; ++r) {
      out.spread[r] = std::max(out.spread[r], each.spread[r]);
      out.null[r] = std::max(out.null[r], each.null[r]);
    }
  }
  return out;
}

SignedEvents::SignedEvents(const Dataset& generated, const Dataset& reference, uint64_t seed,
                           std::span<const int64_t> event_of_generated,
                           std::span<const int64_t> event_of_reference)
    : generated_(generated.rows), weights_(normalised_weights(generated)) {
  effective_generated_ = effective_events(weights_, event_of_generated);
  const std::vector<double> others = normalised_weights(reference);
  effective_reference_ = effective_events(others, event_of_reference);
  generated_share_ = effective_generated_ / (effective_generated_ + effective_reference_);
  for (const double weight : others) weights_.push_back(-weight);
  signs_.reserve(weights_.size());
  const auto add_rows = [&](int64_t rows, std::span<const int64_t> event_of, uint64_t first) {
    for (int64_t row = 0; row < rows; ++row) {
      const uint64_t event = first + static_cast<uint64_t>(event_number(event_of, row));
      signs_.push_back(static_cast<uint32_t>(
          bits({.seed = seed, .event = event / 2, .stage = kMultipliers}, event % 2) >> 32));
    }
  };
  add_rows(generated.rows, event_of_generated, 0);
  add_rows(reference.rows, event_of_reference,
           static_cast<uint64_t>(event_number(event_of_generated, generated.rows - 1)) + 1);
  for (int64_t i = 0; i < count(); ++i) {
    add_signs(i, static_cast<float>(weight(i)), totals_.data());
  }
}

void for_each_column(const Dataset& generated, const Dataset& reference, Work& work,
                     const ColumnWork& column_work) {
  const int64_t columns = generated.features;
  const int64_t groups = (columns + kColumnsTogether - 1) / kColumnsTogether;
  // So many groups at a time, so that the caller hears how far it is.
  const int64_t together = std::max<int64_t>(4 * work.pool.threads(), 8);
  for (int64_t begin = 0; begin < groups; begin += together) {
    const int64_t count = std::min(together, groups - begin);
    work.pool.run(count, [&](int64_t first, int64_t last, int thread) {
      std::vector<double> x;
      std::vector<double> y;
      for (int64_t group = begin + first; group < begin + last; ++group) {
        const int64_t column = group * kColumnsTogether;
        const int64_t own = std::min(kColumnsTogether, columns - column);
        copy_columns(generated, column, own, x);
        copy_columns(reference, column, own, y);
        for (int64_t j = 0; j < own; ++j) {
          column_work(column + j,
                      std::span(x).subspan(static_cast<size_t>(j * generated.rows),
                                           static_cast<size_t>(generated.rows)),
                      std::span(y).subspan(static_cast<size_t>(j * reference.rows),
                                           static_cast<size_t>(reference.rows)),
                      thread);
        }
      }
    });
    work.report(static_cast<double>(begin + count) / static_cast<double>(groups));
  }
}

// By bytes pairs from the lowest up; digits that all keys share are passed over.
void ColumnSorter::sort_items() {
  constexpr int kBits = 11;
  constexpr size_t kBuckets = size_t{1} << kBits;
  constexpr int kDigits = (64 + kBits - 1) / kBits;
  std::array<std::array<uint32_t, kBuckets>, kDigits> counts{};
  for (const Item& item : items_) {
    for (int digit = 0; digit < kDigits; ++digit) {
      ++counts[static_cast<size_t>(digit)][item.key >> (digit * kBits) & (kBuckets - 1)];
    }
  }
  other_.resize(items_.size());
  for (int digit = 0; digit < kDigits; ++digit) {
    std::array<uint32_t, kBuckets>& count = counts[static_cast<size_t>(digit)];
    if (count[items_.front().key >> (digit * kBits) & (kBuckets - 1)] == items_.size()) continue;
    uint32_t sum = 0;
    for (uint32_t& each : count) sum += std::exchange(each, sum);
    for (const Item& item : items_) {
      other_[count[item.key >> (digit * kBits) & (kBuckets - 1)]++] = item;
    }
    std::swap(items_, other_);
  }
}

void ColumnSorter::sort(std::span<const double> generated, std::span<const double> reference,
                        PooledColumn& out) {
  items_.clear();
  uint32_t event = 0;
  for (const auto& sample : {generated, reference}) {
    for (const double value : sample) items_.push_back({order_key(value), event++});
  }
  sort_items();
  out.value.resize(items_.size());
  out.event.resize(items_.size());
  for (size_t i = 0; i < items_.size(); ++i) {
    out.value[i] = value_of(items_[i].key);
    out.event[i] = items_[i].event;
  }
}

EmpiricalDistances empirical_distances(const PooledColumn& column, const SignedEvents& events,
                                       bool largest, bool area) {
  EmpiricalDistances out;
  const std::array<float, kReplicates>& totals = events.totals();
  const double generated_factor = events.generated_share();
  double difference = 0;  // of the distribution functions, generated minus reference
  double common = 0;      // the common distribution function
  std::array<float, kReplicates> sums{};
  std::array<float, kReplicates> top{};
  std::array<float, kReplicates> null_top{};
  std::array<double, kReplicates> areas{};
  std::array<double, kReplicates> null_areas{};
  const size_t count = column.value.size();
  for (size_t i = 0; i < count; ++i) {
    const double weight = events.weight(column.event[i]);
    difference += weight;
    common += weight > 0 ? generated_factor * weight : (generated_factor - 1) * weight;
    events.add_signs(column.event[i], static_cast<float>(weight), sums.data());
    // Between equal values there is no step.
    if (i + 1 == count || column.value[i + 1] == column.value[i]) continue;
    const auto level = static_cast<float>(common);
    const auto now = static_cast<float>(difference);
    std::array<float, kReplicates> null;
    for (size_t r = 0; r < kReplicates; ++r) null[r] = sums[r] - level * totals[r];
    if (largest) {
      out.largest.value = std::max(out.largest.value, std::abs(difference));
      for (size_t r = 0; r < kReplicates; ++r) {
        null_top[r] = std::max(null_top[r], std::abs(null[r]));
        top[r] = std::max(top[r], std::abs(now + null[r]));
      }
    }
    if (area) {
      const double step = column.value[i + 1] - column.value[i];
      out.area.value += step * std::abs(difference);
      for (size_t r = 0; r < kReplicates; ++r) {
        null_areas[r] += step * static_cast<double>(std::abs(null[r]));
        areas[r] += step * static_cast<double>(std::abs(now + null[r]));
      }
    }
  }
  for (size_t r = 0; r < kReplicates; ++r) {
    out.largest.spread[r] = static_cast<double>(top[r]);
    out.largest.null[r] = static_cast<double>(null_top[r]);
  }
  out.area.spread = areas;
  out.area.null = null_areas;
  return out;
}

std::vector<Replicated> wasserstein_distances(const Dataset& generated, const Dataset& reference,
                                              const SignedEvents& events, Work& work) {
  std::vector<Replicated> out(static_cast<size_t>(generated.features));
  std::vector<ColumnSorter> sorters(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      generated, reference, work,
      [&](int64_t column, std::span<const double> x, std::span<const double> y, int thread) {
        PooledColumn pooled;
        sorters[static_cast<size_t>(thread)].sort(x, y, pooled);
        out[static_cast<size_t>(column)] = empirical_distances(pooled, events, false, true).area;
      });
  return out;
}

}  // namespace castalia::referee
