#include "cpp/referee/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

// Below what float can hold of a product of numbers up to one, errors are not relative any more.
constexpr double kTiny = 1e-30;

// In a weight of one. A sum of weights is at most one.
constexpr double kUnitsOfWeight = 0x1p60;

// Bounds as floats that are not below them.
float upper(double bound) { return static_cast<float>(bound) * (1 + 2e-7F) + 1e-29F; }

std::vector<float> upper(std::span<const double> bounds) {
  std::vector<float> out;
  for (const double bound : bounds) out.push_back(upper(bound));
  return out;
}

std::vector<float> float_norms(const Points<float>& points) {
  std::vector<float> out;
  for (int64_t r = 0; r < points.count(); ++r) out.push_back(static_cast<float>(points.norm(r)));
  return out;
}

// Whether any distance of a row of a tile may lie below a bound; in float, so that it takes little
// time to see that none does. The margin is wide enough for the rounding here, too.
bool any_below(double own, const float* norms, const float* product, int64_t columns, double error,
               float bound) {
  const auto keep = static_cast<float>(1 - error - 1e-6);
  const float limit = bound - static_cast<float>(own) * keep;
  bool any = false;
  for (int64_t j = 0; j < columns; ++j) any |= keep * norms[j] - 2 * product[j] <= limit;
  return any;
}

bool any_below(double own, const float* norms, const float* product, int64_t columns, double error,
               const float* bounds) {
  const auto keep = static_cast<float>(1 - error - 1e-6);
  const float norm = static_cast<float>(own) * keep;
  bool any = false;
  for (int64_t j = 0; j < columns; ++j) {
    any |= norm + keep * norms[j] - 2 * product[j] <= bounds[j];
  }
  return any;
}

struct Candidate {
  double lowest;  // the least that the squared distance can be
  int64_t row;
};

// The k smallest of a stream of numbers, as a heap with the largest on top.
class Smallest {
 public:
  explicit Smallest(int64_t k) : heap_(static_cast<size_t>(k), kInfinity) {}

  double bound() const { return heap_.front(); }

  void offer(double value) {
    if (value >= heap_.front()) return;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.back() = value;
    std::push_heap(heap_.begin(), heap_.end());
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> heap_;
};

class Search {
 public:
  Search(const Points<float>& queries, const Points<float>& data, int64_t k, Neighbours& out)
      : queries_(queries),
        data_(data),
        k_(k),
        same_(&queries == &data),
        error_(distance_error<float>(data.columns())),
        norms_(float_norms(data)),
        out_(out) {}

  void strip(int64_t first, int64_t rows, Tile<float>& tile) {
    std::vector<Smallest> smallest(static_cast<size_t>(rows), Smallest(k_));
    std::vector<std::vector<Candidate>> candidates(static_cast<size_t>(rows));
    for (int64_t column = 0; column < data_.count(); column += kTileColumns) {
      const float* products = tile.products(queries_, first, rows, data_, column);
      const int64_t columns = std::min(kTileColumns, data_.count() - column);
      for (int64_t i = 0; i < rows; ++i) {
        scan(first + i, column, columns, products + i * kTileColumns,
             smallest[static_cast<size_t>(i)], candidates[static_cast<size_t>(i)]);
      }
    }
    for (int64_t i = 0; i < rows; ++i) {
      settle(first + i, smallest[static_cast<size_t>(i)].bound(),
             candidates[static_cast<size_t>(i)]);
    }
  }

 private:
  void scan(int64_t query, int64_t column, int64_t columns, const float* product,
            Smallest& smallest, std::vector<Candidate>& candidates) const {
    if (!any_below(queries_.norm(query), norms_.data() + column, product, columns, error_,
                   upper(smallest.bound()))) {
      return;
    }
    const double own = queries_.norm(query);
    for (int64_t j = 0; j < columns; ++j) {
      const double norms = own + data_.norm(column + j);
      const double distance = norms - 2 * static_cast<double>(product[j]);
      const double error = error_ * norms + kTiny;
      if (distance - error > smallest.bound()) [[likely]]
        continue;
      if (same_ && column + j == query) continue;
      candidates.push_back({distance - error, column + j});
      smallest.offer(distance + error);
    }
  }

  void settle(int64_t query, double bound, const std::vector<Candidate>& candidates) {
    std::vector<std::pair<double, int64_t>> exact;
    for (const Candidate& each : candidates) {
      if (each.lowest > bound) continue;
      exact.emplace_back(exact_distance(queries_.row(query), data_.row(each.row), data_.columns()),
                         each.row);
    }
    std::partial_sort(exact.begin(), exact.begin() + k_, exact.end());
    for (int64_t n = 0; n < k_; ++n) {
      const auto at = static_cast<size_t>(query * k_ + n);
      out_.distance[at] = exact[static_cast<size_t>(n)].first;
      out_.row[at] = exact[static_cast<size_t>(n)].second;
    }
  }

  const Points<float>& queries_;
  const Points<float>& data_;
  int64_t k_;
  bool same_;
  double error_;
  std::vector<float> norms_;  // of the data
  Neighbours& out_;
};

int64_t strips(int64_t rows) { return (rows + kTileRows - 1) / kTileRows; }

}  // namespace

Neighbours nearest(const Points<float>& queries, const Points<float>& data, int64_t k, Work& work) {
  const int64_t others = data.count() - (&queries == &data ? 1 : 0);
  if (others < k) {
    fail(Code::empty_data, k, " nearest neighbours need at least ", k + data.count() - others,
         " rows in a sample, not ", data.count());
  }
  Neighbours out;
  out.k = k;
  out.distance.resize(static_cast<size_t>(queries.count() * k));
  out.row.resize(static_cast<size_t>(queries.count() * k));
  Search search(queries, data, k, out);
  std::vector<Tile<float>> tiles(static_cast<size_t>(work.pool.threads()));
  work.pool.run(strips(queries.count()), [&](int64_t first, int64_t last, int thread) {
    for (int64_t strip = first; strip < last; ++strip) {
      const int64_t row = strip * kTileRows;
      search.strip(row, std::min(kTileRows, queries.count() - row),
                   tiles[static_cast<size_t>(thread)]);
    }
  });
  return out;
}

BallCounts count_in_balls(const Points<float>& left, std::span<const double> left_radii,
                          const Points<float>& right, std::span<const double> right_radii,
                          Work& work) {
  const auto lefts = static_cast<size_t>(left.count());
  const auto rights = static_cast<size_t>(right.count());
  const auto threads = static_cast<size_t>(work.pool.threads());
  BallCounts out;
  out.balls_around_left.assign(lefts, 0);
  out.inside_left.assign(lefts, 0);
  out.weight_inside_left.assign(lefts, 0.0);
  out.balls_around_right.assign(rights, 0);
  out.inside_right.assign(rights, 0);
  // Whole numbers add up to the same in any order, so a weight is a number of units here.
  const std::vector<int64_t> zeros(rights, 0);
  std::vector<std::vector<int64_t>> around(threads, zeros);
  std::vector<std::vector<int64_t>> inside(threads, zeros);
  std::vector<std::vector<int64_t>> units(threads, zeros);
  std::vector<Tile<float>> tiles(threads);
  const double relative = distance_error<float>(left.columns());
  const std::vector<float> right_norms = float_norms(right);
  const std::vector<float> right_bounds = upper(right_radii);

  const auto pair = [&](int64_t i, int64_t j, double product, size_t thread) {
    const double norms = left.norm(i) + right.norm(j);
    const double error = relative * norms + kTiny;
    double distance = norms - 2 * product;
    const double left_radius = left_radii[static_cast<size_t>(i)];
    const double right_radius = right_radii[static_cast<size_t>(j)];
    if (distance - error >= std::max(left_radius, right_radius)) [[likely]]
      return;
    if (std::abs(distance - left_radius) <= error || std::abs(distance - right_radius) <= error) {
      distance = exact_distance(left.row(i), right.row(j), left.columns());
    }
    if (distance < left_radius) {
      ++out.inside_left[static_cast<size_t>(i)];
      out.weight_inside_left[static_cast<size_t>(i)] += right.weight(j);
      ++around[thread][static_cast<size_t>(j)];
    }
    if (distance < right_radius) {
      ++out.balls_around_left[static_cast<size_t>(i)];
      ++inside[thread][static_cast<size_t>(j)];
      units[thread][static_cast<size_t>(j)] += std::llround(left.weight(i) * kUnitsOfWeight);
    }
  };
  work.pool.run(strips(left.count()), [&](int64_t first, int64_t last, int thread) {
    const auto t = static_cast<size_t>(thread);
    for (int64_t strip = first; strip < last; ++strip) {
      const int64_t row = strip * kTileRows;
      const int64_t rows = std::min(kTileRows, left.count() - row);
      for (int64_t column = 0; column < right.count(); column += kTileColumns) {
        const float* products = tiles[t].products(left, row, rows, right, column);
        const int64_t columns = std::min(kTileColumns, right.count() - column);
        for (int64_t i = 0; i < rows; ++i) {
          const float* row_products = products + i * kTileColumns;
          const float* row_norms = right_norms.data() + column;
          const double own = left.norm(row + i);
          if (!any_below(own, row_norms, row_products, columns, relative,
                         upper(left_radii[static_cast<size_t>(row + i)])) &&
              !any_below(own, row_norms, row_products, columns, relative,
                         right_bounds.data() + column)) {
            continue;
          }
          for (int64_t j = 0; j < columns; ++j) {
            pair(row + i, column + j, static_cast<double>(row_products[j]), t);
          }
        }
      }
    }
  });
  out.weight_inside_right.resize(rights);
  for (size_t j = 0; j < rights; ++j) {
    int64_t weight = 0;
    for (size_t t = 0; t < threads; ++t) {
      out.balls_around_right[j] += around[t][j];
      out.inside_right[j] += inside[t][j];
      weight += units[t][j];
    }
    out.weight_inside_right[j] = static_cast<double>(weight) / kUnitsOfWeight;
  }
  return out;
}

}  // namespace castalia::referee
