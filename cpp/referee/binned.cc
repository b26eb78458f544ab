#include "cpp/referee/binned.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"
#include "cpp/referee/sample.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia::referee {
namespace {

// Values are told apart by the first 16 bits of their key, sixteen steps an octave; the rest of the
// work is within a step.
constexpr int kCoarseShift = 48;
constexpr size_t kCoarse = size_t{1} << 16;

size_t coarse(double value) { return static_cast<size_t>(order_key(value) >> kCoarseShift); }

// Order statistics of a column: values at given places of the sorted column, without sorting it.
class OrderStatistics {
 public:
  OrderStatistics() : counts_(kCoarse + kZeros), kept_(kCoarse) {}

  // The places increase.
  std::vector<double> at(std::span<const double> values, std::span<const size_t> places) {
    count(values);
    std::vector<Step> steps = steps_of(places);
    // Copies the values of the steps that hold a place. Which do is no pattern that a processor
    // could guess, so they are first listed without a branch.
    const auto none = static_cast<uint16_t>(steps.size());
    std::fill(kept_.begin(), kept_.end(), none);
    for (size_t i = 0; i < steps.size(); ++i) kept_[steps[i].key] = static_cast<uint16_t>(i);
    chosen_.resize(values.size());
    size_t number = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      chosen_[number] = static_cast<uint32_t>(i);
      const bool kept = kept_[coarse(values[i])] != none;
      number += static_cast<size_t>(kept) & static_cast<size_t>(!is_zero(values[i]));
    }
    members_.resize(steps.size());
    for (auto& each : members_) each.clear();
    for (const uint32_t i : std::span(chosen_).first(number)) {
      members_[kept_[coarse(values[i])]].push_back(values[i]);
    }
    std::vector<double> out;
    auto place = places.begin();
    for (size_t i = 0; i < steps.size(); ++i) {
      std::vector<double>& members = members_[i];
      // The lowest of their step.
      const size_t zeros = steps[i].key == coarse(0.0) ? zeros_ : 0;
      // A step is often one value many times, as whole numbers are.
      const auto [low, high] = std::minmax_element(members.begin(), members.end());
      const bool constant = members.empty() || *low == *high;
      for (; place != places.end() && *place < steps[i].begin + zeros + members.size(); ++place) {
        const size_t within = *place - steps[i].begin;
        if (within < zeros) {
          out.push_back(0.0);
          continue;
        }
        const auto nth = members.begin() + static_cast<int64_t>(within - zeros);
        if (!constant) std::nth_element(members.begin(), nth, members.end());
        out.push_back(*nth);
      }
    }
    return out;
  }

 private:
  // Zeros, which a calorimeter is full of, are counted in turn in so many places: one count that
  // goes up with every event waits for itself.
  static constexpr size_t kZeros = 8;
  static bool is_zero(double value) { return std::bit_cast<uint64_t>(value) == 0; }

  struct Step {
    size_t key;
    size_t begin;  // how many values lie below
  };

  void count(std::span<const double> values) {
    std::fill(counts_.begin(), counts_.end(), 0U);
    for (size_t i = 0; i < values.size(); ++i) {
      // A choice without a branch: which events are zero is no pattern either.
      const size_t zero = 0 - static_cast<size_t>(is_zero(values[i]));
      ++counts_[((kCoarse + i % kZeros) & zero) | (coarse(values[i]) & ~zero)];
    }
    zeros_ = 0;
    for (size_t i = 0; i < kZeros; ++i) zeros_ += counts_[kCoarse + i];
    counts_[coarse(0.0)] += static_cast<uint32_t>(zeros_);
  }

  std::vector<Step> steps_of(std::span<const size_t> places) const {
    std::vector<Step> steps;
    size_t below = 0;
    auto place = places.begin();
    for (size_t key = 0; key < kCoarse && place != places.end(); ++key) {
      const size_t end = below + counts_[key];
      if (*place < end) steps.push_back({key, below});
      while (place != places.end() && *place < end) ++place;
      below = end;
    }
    return steps;
  }

  std::vector<uint32_t> counts_;  // of the steps, and of zeros
  size_t zeros_ = 0;
  std::vector<uint16_t> kept_;
  std::vector<uint32_t> chosen_;
  std::vector<std::vector<double>> members_;
};

// Equal shares of the reference's events. A value that fills whole bins, as the zeros of a
// calorimeter do, gets a bin of its own.
std::vector<double> quantile_edges(std::span<const double> values, int64_t bins,
                                   OrderStatistics& statistics) {
  std::vector<size_t> places = {
      0};  // of the lowest, and of the upper ends of all bins but the last
  for (int64_t bin = 1; bin < bins; ++bin) {
    places.push_back(static_cast<size_t>(bin * static_cast<int64_t>(values.size()) / bins));
  }
  const std::vector<double> candidates = statistics.at(values, places);
  std::vector<double> edges;
  const auto add = [&edges](double edge) {
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  };
  for (size_t bin = 1; bin < candidates.size(); ++bin) {
    const double edge = candidates[bin];
    const bool lowest = edge == candidates.front();
    const bool repeated = bin > 1 && candidates[bin - 1] == edge;
    if (!lowest) add(edge);
    if (lowest || repeated) add(std::nextafter(edge, HUGE_VAL));
  }
  return edges;
}

std::vector<double> uniform_edges(std::span<const double> values, int64_t bins) {
  std::vector<double> edges;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  for (int64_t bin = 1; bin < bins && *low < *high; ++bin) {
    edges.push_back(*low + (*high - *low) * static_cast<double>(bin) / static_cast<double>(bins));
  }
  return edges;
}

// The groups that events belong to, those of the reference after those of the generated, and the
// signs of each.
class GroupedSigns {
 public:
  static constexpr int64_t kGroups = 512;  // of each sample

  GroupedSigns(int64_t events, uint64_t seed) : group_(static_cast<size_t>(events)) {
    for (size_t i = 0; i < group_.size(); ++i) {
      const uint64_t random = bits({.seed = seed, .event = i / 2, .stage = kGroupOfEvent}, i % 2);
      group_[i] = static_cast<uint16_t>(random % kGroups);
    }
    for (uint64_t group = 0; group < 2 * kGroups; ++group) {
      uint64_t random = bits({.seed = seed, .event = group, .stage = kMultipliers}, 0);
      for (size_t r = 0; r < kReplicates; ++r, random >>= 1) {
        signs_.push_back((random & 1) != 0 ? 1.0 : -1.0);
      }
    }
  }

  size_t group(int64_t event) const { return group_[static_cast<size_t>(event)]; }
  // (groups, replicates) of one sample.
  const double* signs(bool generated) const {
    return signs_.data() + (generated ? 0 : kGroups * kReplicates);
  }

 private:
  std::vector<uint16_t> group_;
  std::vector<double> signs_;
};

// A thread's memory.
struct BinningBuffers {
  OrderStatistics order;
  std::vector<uint16_t> lowest = std::vector<uint16_t>(kCoarse);  // bin of a coarse step
  std::vector<uint32_t> tallies;                                  // (bins, groups) of one sample
  std::vector<double> cells;                                      // the same by weight
  AlignedScratch scratch;
};

class Binner {
 public:
  Binner(const FieldValues& values, const Comparison& comparison, uint64_t seed)
      : bins_(values.integer("bins")),
        uniform_(values.text("binning") == "uniform"),
        given_(values.reals("edges")),
        x_(*comparison.generated),
        y_(*comparison.reference),
        signs_(x_.rows() + y_.rows(), seed) {
    for (size_t i = 1; i < given_.size(); ++i) {
      if (given_[i] <= given_[i - 1]) {
        fail(Code::out_of_range, "edges must increase, but ", given_[i], " follows ",
             given_[i - 1]);
      }
    }
  }

  int64_t most_bins() const {
    return given_.empty() ? bins_ : static_cast<int64_t>(given_.size()) + 1;
  }

  BinnedColumn column(std::span<const double> x, std::span<const double> y, BinningBuffers& buffers,
                      std::span<const Statistic> statistics) const {
    Histogram histogram;
    histogram.edges = !given_.empty() ? given_
                      : uniform_      ? uniform_edges(y, bins_)
                                      : quantile_edges(y, bins_, buffers.order);
    find_lowest_bins(histogram.edges, buffers.lowest);
    Side generated = filled(histogram.edges, x, x_, true, buffers);
    Side reference = filled(histogram.edges, y, y_, false, buffers);
    join_empty_bins(histogram.edges, generated, reference);
    histogram.generated_scale = scale(generated, x_);
    histogram.reference_scale = scale(reference, y_);
    histogram.generated_share = x_.effective / (x_.effective + y_.effective);
    histogram.generated = std::move(generated.share);
    histogram.reference = std::move(reference.share);
    return replicated(std::move(histogram), generated.signed_sums, reference.signed_sums,
                      statistics);
  }

 private:
  struct Weights {
    explicit Weights(const Dataset& data)
        : weight(normalised_weights(data)),
          equal(data.weights.empty()),
          effective(effective_rows(weight)) {}
    int64_t rows() const { return static_cast<int64_t>(weight.size()); }

    std::vector<double> weight;
    bool equal;
    double effective;
  };

  // A sample's histogram.
  struct Side {
    std::vector<double> share;        // (bins)
    std::vector<double> squares;      // (bins): sums of squared weights
    std::vector<double> signed_sums;  // (bins, replicates)

    void join(size_t from, size_t to) {
      share[to] += share[from];
      squares[to] += squares[from];
      for (size_t r = 0; r < kReplicates; ++r) {
        signed_sums[to * kReplicates + r] += signed_sums[from * kReplicates + r];
      }
    }
    void clear(size_t bin) {
      share[bin] = squares[bin] = 0;
      std::fill_n(signed_sums.begin() + static_cast<int64_t>(bin * kReplicates), kReplicates, 0.0);
    }
    void cut(size_t bins) {
      share.resize(bins);
      squares.resize(bins);
      signed_sums.resize(bins * kReplicates);
    }
  };

  // The bin of the lowest value of each coarse step.
  static void find_lowest_bins(const std::vector<double>& edges, std::vector<uint16_t>& lowest) {
    auto from = lowest.begin();
    for (size_t bin = 0; bin < edges.size(); ++bin) {
      const auto end = lowest.begin() + static_cast<int64_t>(coarse(edges[bin])) + 1;
      from = std::fill_n(from, std::max<int64_t>(end - from, 0), static_cast<uint16_t>(bin));
    }
    std::fill(from, lowest.end(), static_cast<uint16_t>(edges.size()));
  }

  Side filled(const std::vector<double>& edges, std::span<const double> values,
              const Weights& weights, bool generated, BinningBuffers& buffers) const {
    const size_t bins = edges.size() + 1;
    constexpr auto kGroups = static_cast<size_t>(GroupedSigns::kGroups);
    Side out;
    out.squares.assign(bins, 0.0);
    const int64_t first = generated ? 0 : x_.rows();
    const auto cell_of = [&](size_t event) {
      size_t bin = buffers.lowest[coarse(values[event])];
      while (bin < edges.size() && values[event] >= edges[bin]) ++bin;
      return bin * kGroups + signs_.group(first + static_cast<int64_t>(event));
    };
    if (weights.equal) {
      // Whole numbers take half the cache that doubles take.
      buffers.tallies.assign(bins * kGroups, 0U);
      for (size_t i = 0; i < values.size(); ++i) ++buffers.tallies[cell_of(i)];
      buffers.cells.resize(bins * kGroups);
      for (size_t i = 0; i < bins * kGroups; ++i) {
        buffers.cells[i] = static_cast<double>(buffers.tallies[i]) * weights.weight.front();
      }
    } else {
      buffers.cells.assign(bins * kGroups, 0.0);
      for (size_t i = 0; i < values.size(); ++i) {
        const size_t cell = cell_of(i);
        const double weight = weights.weight[i];
        buffers.cells[cell] += weight;
        out.squares[cell / kGroups] += weight * weight;
      }
    }
    for (size_t bin = 0; bin < bins; ++bin) {
      const double* cells = buffers.cells.data() + bin * kGroups;
      out.share.push_back(std::accumulate(cells, cells + kGroups, 0.0));
      if (weights.equal) out.squares[bin] = out.share[bin] * weights.weight.front();
    }
    add_signs(bins, generated, buffers, out);
    return out;
  }

  void add_signs(size_t bins, bool generated, BinningBuffers& buffers, Side& side) const {
    side.signed_sums.resize(bins * kReplicates);
    cpu::GemmShape shape;
    shape.m = static_cast<int64_t>(bins);
    shape.n = kReplicates;
    shape.k = GroupedSigns::kGroups;
    cpu::gemm_run_tiles<double>(
        shape, buffers.cells.data(), signs_.signs(generated), side.signed_sums.data(), {},
        buffers.scratch.of(cpu::gemm_scratch_bytes<double>(shape)), 0, cpu::gemm_tiles(shape));
  }

  // A bin without events is joined to the one below; those below the first that has any, to it.
  static void join_empty_bins(std::vector<double>& edges, Side& generated, Side& reference) {
    std::vector<double> kept;
    size_t last = 0;
    bool any = false;  // a bin with events has been opened
    for (size_t bin = 0; bin <= edges.size(); ++bin) {
      if (!(generated.share[bin] + reference.share[bin] > 0)) continue;
      if (any) {
        ++last;
        kept.push_back(edges[bin - 1]);
      }
      any = true;
      if (last == bin) continue;
      for (Side* side : {&generated, &reference}) {
        side->clear(last);
        side->join(bin, last);
      }
    }
    for (Side* side : {&generated, &reference}) side->cut(last + 1);
    edges = std::move(kept);
  }

  static std::vector<double> scale(const Side& side, const Weights& weights) {
    std::vector<double> out;
    for (size_t bin = 0; bin < side.share.size(); ++bin) {
      out.push_back(side.share[bin] > 0 ? side.squares[bin] / side.share[bin]
                                        : 1 / weights.effective);
    }
    return out;
  }

  static BinnedColumn replicated(Histogram histogram, const std::vector<double>& x_sums,
                                 const std::vector<double>& y_sums,
                                 std::span<const Statistic> statistics) {
    BinnedColumn out;
    out.statistics.resize(statistics.size());
    const size_t bins = histogram.bins();
    const auto evaluate_all = [&](std::span<const double> x, std::span<const double> y,
                                  const auto& store) {
      for (size_t i = 0; i < statistics.size(); ++i) {
        store(out.statistics[i], statistics[i](histogram, x, y));
      }
    };
    evaluate_all(histogram.generated, histogram.reference,
                 [](Replicated& to, double value) { to.value = value; });
    std::vector<double> x(bins), y(bins), null_x(bins), null_y(bins);
    const double own = histogram.generated_share;
    for (size_t r = 0; r < kReplicates; ++r) {
      double x_total = 0;
      double y_total = 0;
      for (size_t bin = 0; bin < bins; ++bin) {
        x_total += x_sums[bin * kReplicates + r];
        y_total += y_sums[bin * kReplicates + r];
      }
      for (size_t bin = 0; bin < bins; ++bin) {
        // Shares of fluctuating sums: what is over is taken off in proportion.
        const double common = own * histogram.generated[bin] + (1 - own) * histogram.reference[bin];
        const double dx = x_sums[bin * kReplicates + r];
        const double dy = y_sums[bin * kReplicates + r];
        x[bin] = histogram.generated[bin] + dx - x_total * histogram.generated[bin];
        y[bin] = histogram.reference[bin] + dy - y_total * histogram.reference[bin];
        null_x[bin] = common + dx - x_total * common;
        null_y[bin] = common + dy - y_total * common;
      }
      evaluate_all(x, y, [r](Replicated& to, double value) { to.spread[r] = value; });
      evaluate_all(null_x, null_y, [r](Replicated& to, double value) { to.null[r] = value; });
    }
    out.histogram = std::move(histogram);
    return out;
  }

  int64_t bins_;
  bool uniform_;
  std::vector<double> given_;
  Weights x_, y_;
  GroupedSigns signs_;
};

}  // namespace

std::vector<Field> binning_fields() {
  return {{.name = "bins",
           .type = FieldType::integer,
           .default_value = "20",
           .meaning = "number of bins of each column",
           .least = 2,
           .greatest = 10000},
          {.name = "binning",
           .type = FieldType::text,
           .default_value = R"("quantile")",
           .meaning = "bins with equal shares of the reference's events, or of equal width",
           .choices = {"quantile", "uniform"}},
          {.name = "edges",
           .type = FieldType::real_list,
           .default_value = "[]",
           .meaning = "inner edges of the bins of every column, instead of these; a value on an "
                      "edge belongs to the bin above"}};
}

std::vector<BinnedColumn> binned_columns(const Comparison& comparison, const FieldValues& values,
                                         std::span<const Statistic> statistics, Work& work) {
  const Binner binner(values, comparison, work.seed);
  const std::string purpose = text("a histogram of ", binner.most_bins(), " bins");
  require_rows(*comparison.generated, "generated", 2 * binner.most_bins(), purpose);
  require_rows(*comparison.reference, "reference", 2 * binner.most_bins(), purpose);
  std::vector<BinnedColumn> out(static_cast<size_t>(comparison.reference->features));
  std::vector<BinningBuffers> buffers(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      *comparison.generated, *comparison.reference, work,
      [&](int64_t column, std::span<const double> x, std::span<const double> y, int thread) {
        out[static_cast<size_t>(column)] =
            binner.column(x, y, buffers[static_cast<size_t>(thread)], statistics);
      });
  return out;
}

void add_mean(const std::vector<BinnedColumn>& columns, size_t index, const std::string& name,
              Judgement& judgement) {
  std::vector<Replicated> all;
  for (const BinnedColumn& column : columns) all.push_back(column.statistics[index]);
  add_mean(all, name, judgement);
}

}  // namespace castalia::referee
