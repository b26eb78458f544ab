// Histograms of every column of two samples, with replicates (cpp/referee/columns.h).
//
// Here a random sign belongs to a group of events drawn at random, not to an event: a histogram is
// filled once for each group, and its replicates are a matrix product. With some hundred groups the
// variances that replicates estimate are as good as with one group an event, to a few per cent.
#ifndef CASTALIA_CPP_REFEREE_BINNED_H_
#define CASTALIA_CPP_REFEREE_BINNED_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "cpp/referee/columns.h"
#include "cpp/referee/metric.h"

namespace castalia::referee {

// The shares of two samples in the bins of a column. Bins have lower edges; the first reaches down,
// and the last up, without end. A bin that is empty in both samples is joined to the one below.
struct Histogram {
  std::vector<double> edges;      // lower edges of all bins but the first
  std::vector<double> generated;  // shares, summing to one
  std::vector<double> reference;
  // The variance of a share for a share of one: 1 / n for equal weights.
  std::vector<double> generated_scale;
  std::vector<double> reference_scale;
  double generated_share = 0;  // of the effective events of both

  size_t bins() const { return generated.size(); }
};

// A statistic of two histograms; of replicates, too, whose shares can be below zero.
using Statistic = std::function<double(const Histogram&, std::span<const double> generated,
                                       std::span<const double> reference)>;

// The fields that histograms() reads: bins, binning ("quantile" or "uniform"), edges.
std::vector<Field> binning_fields();

struct BinnedColumn {
  Histogram histogram;
  std::vector<Replicated> statistics;
};

// Of every column its histogram and the statistics of it. empty_data unless both samples have two
// rows for each bin.
std::vector<BinnedColumn> binned_columns(const Comparison& comparison, const FieldValues& values,
                                         std::span<const Statistic> statistics, Work& work);

// add_mean() of statistic `index`.
void add_mean(const std::vector<BinnedColumn>& columns, size_t index, const std::string& name,
              Judgement& judgement);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_BINNED_H_
