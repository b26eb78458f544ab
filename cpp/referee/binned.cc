#include "cpp/referee/binned.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {
namespace {

// Equal shares of the sorted reference's events. A value that fills whole bins, as the zeros of a
// calorimeter do, gets a bin of its own.
std::vector<double> quantile_edges(const std::vector<double>& sorted, int64_t bins) {
  std::vector<double> edges;
  const auto add = [&edges](double edge) {
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  };
  const auto candidate = [&](int64_t bin) {
    return sorted[static_cast<size_t>(bin * static_cast<int64_t>(sorted.size()) / bins)];
  };
  for (int64_t bin = 1; bin < bins; ++bin) {
    const double edge = candidate(bin);
    const bool lowest = edge == sorted.front();
    const bool repeated = bin > 1 && candidate(bin - 1) == edge;
    if (!lowest) add(edge);
    if (lowest || repeated) add(std::nextafter(edge, HUGE_VAL));
  }
  return edges;
}

std::vector<double> uniform_edges(const std::vector<double>& sorted, int64_t bins) {
  std::vector<double> edges;
  const double low = sorted.front();
  const double high = sorted.back();
  for (int64_t bin = 1; bin < bins && low < high; ++bin) {
    edges.push_back(low + (high - low) * static_cast<double>(bin) / static_cast<double>(bins));
  }
  return edges;
}

class Binner {
 public:
  Binner(const FieldValues& values, const SignedEvents& events)
      : bins_(values.integer("bins")),
        uniform_(values.text("binning") == "uniform"),
        given_(values.reals("edges")),
        events_(events) {
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

  BinnedColumn column(std::span<const double> x, std::span<const double> y, ColumnSorter& sorter,
                      std::span<const Statistic> statistics) const {
    std::vector<double> sorted;
    if (given_.empty()) sorter.sort(y, sorted);
    Histogram histogram;
    histogram.edges = !given_.empty() ? given_
                      : uniform_      ? uniform_edges(sorted, bins_)
                                      : quantile_edges(sorted, bins_);
    const size_t bins = histogram.edges.size() + 1;
    std::vector<uint16_t> bin_of(x.size() + y.size());
    place(histogram.edges, x, bin_of.data());
    place(histogram.edges, y, bin_of.data() + x.size());
    join_empty_bins(histogram.edges, bins, bin_of);
    return filled(std::move(histogram), bin_of, statistics);
  }

 private:
  static void place(const std::vector<double>& edges, std::span<const double> values,
                    uint16_t* bin) {
    for (size_t i = 0; i < values.size(); ++i) {
      bin[i] = static_cast<uint16_t>(std::upper_bound(edges.begin(), edges.end(), values[i]) -
                                     edges.begin());
    }
  }

  void join_empty_bins(std::vector<double>& edges, size_t bins,
                       std::vector<uint16_t>& bin_of) const {
    std::vector<double> weight(bins, 0.0);
    for (int64_t event = 0; event < events_.count(); ++event) {
      weight[bin_of[static_cast<size_t>(event)]] += std::abs(events_.weight(event));
    }
    std::vector<uint16_t> target(bins);
    std::vector<double> kept;
    bool any = false;  // a bin with events has been opened
    uint16_t last = 0;
    for (size_t bin = 0; bin < bins; ++bin) {
      if (weight[bin] > 0) {
        if (any) {
          ++last;
          kept.push_back(edges[bin - 1]);
        }
        any = true;
      }
      target[bin] = last;
    }
    if (kept.size() == edges.size()) return;
    edges = std::move(kept);
    for (uint16_t& bin : bin_of) bin = target[bin];
  }

  BinnedColumn filled(Histogram histogram, const std::vector<uint16_t>& bin_of,
                      std::span<const Statistic> statistics) const {
    const size_t bins = histogram.edges.size() + 1;
    histogram.generated.assign(bins, 0.0);
    histogram.reference.assign(bins, 0.0);
    std::vector<double> generated_squares(bins, 0.0);
    std::vector<double> reference_squares(bins, 0.0);
    std::vector<float> x_sums(bins * kReplicates, 0.0F);
    std::vector<float> y_sums(bins * kReplicates, 0.0F);
    for (int64_t event = 0; event < events_.count(); ++event) {
      const size_t bin = bin_of[static_cast<size_t>(event)];
      const double weight = events_.weight(event);
      const bool generated = event < events_.generated();
      (generated ? histogram.generated : histogram.reference)[bin] += std::abs(weight);
      (generated ? generated_squares : reference_squares)[bin] += weight * weight;
      events_.add_signs(event, static_cast<float>(std::abs(weight)),
                        (generated ? x_sums : y_sums).data() + bin * kReplicates);
    }
    const auto scale = [bins](const std::vector<double>& shares, const std::vector<double>& squares,
                              double effective) {
      std::vector<double> out(bins);
      for (size_t bin = 0; bin < bins; ++bin) {
        out[bin] = shares[bin] > 0 ? squares[bin] / shares[bin] : 1 / effective;
      }
      return out;
    };
    histogram.generated_share = events_.generated_share();
    histogram.generated_scale =
        scale(histogram.generated, generated_squares, events_.effective_generated());
    histogram.reference_scale =
        scale(histogram.reference, reference_squares, events_.effective_reference());
    return replicated(std::move(histogram), x_sums, y_sums, statistics);
  }

  static BinnedColumn replicated(Histogram histogram, const std::vector<float>& x_sums,
                                 const std::vector<float>& y_sums,
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
        x_total += static_cast<double>(x_sums[bin * kReplicates + r]);
        y_total += static_cast<double>(y_sums[bin * kReplicates + r]);
      }
      for (size_t bin = 0; bin < bins; ++bin) {
        // Shares of fluctuating sums: what is over is taken off in proportion.
        const double common = own * histogram.generated[bin] + (1 - own) * histogram.reference[bin];
        const double dx = static_cast<double>(x_sums[bin * kReplicates + r]);
        const double dy = static_cast<double>(y_sums[bin * kReplicates + r]);
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
  const SignedEvents& events_;
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
  const SignedEvents events(*comparison.generated, *comparison.reference, work.seed);
  const Binner binner(values, events);
  const std::string purpose = text("a histogram of ", binner.most_bins(), " bins");
  require_rows(*comparison.generated, "generated", 2 * binner.most_bins(), purpose);
  require_rows(*comparison.reference, "reference", 2 * binner.most_bins(), purpose);
  std::vector<BinnedColumn> out(static_cast<size_t>(comparison.reference->features));
  std::vector<ColumnSorter> sorters(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      *comparison.generated, *comparison.reference, work,
      [&](int64_t column, std::span<const double> x, std::span<const double> y, int thread) {
        out[static_cast<size_t>(column)] =
            binner.column(x, y, sorters[static_cast<size_t>(thread)], statistics);
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
