#include "cpp/referee/neighbours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/pair_kernels.h"

namespace castalia::referee {
namespace {

// Below what float can hold of a product of numbers up to one, errors are not relative any more.
constexpr double kTiny = 1e-30;

// Bounds as floats that are not below them.
float upper(double bound) { return static_cast<float>(bound) * (1 + 2e-7F) + 1e-29F; }

// Vectors reach so far beyond the last element.
constexpr size_t kSlack = 16;

std::vector<float> upper(std::span<const double> bounds) {
  std::vector<float> out;
  for (const double bound : bounds) out.push_back(upper(bound));
  out.resize(out.size() + kSlack);
  return out;
}

std::vector<float> float_norms(const Points<float>& points) {
  std::vector<float> out;
  for (int64_t r = 0; r < points.count(); ++r) out.push_back(static_cast<float>(points.norm(r)));
  out.resize(out.size() + kSlack);
  return out;
}

// Rows go in blocks of so many, that meet each other.
constexpr int64_t kBlock = kTileColumns;

struct TileOfProducts {
  int64_t row, rows;        // of the left sample
  int64_t column, columns;  // rows of the right one
  const float* products;
};

// Calls visit(tile) for tiles that together hold every pair of a left and a right row; every pair
// of different rows once or twice where both are one sample: a tile of a block with itself holds
// both (i, j) and (j, i). Tiles that are visited at one time share no row, so that what belongs to
// a row needs no lock; and those of a row come in an order that does not depend on the threads.
template <class Visit>
void for_each_tile(const Points<float>& left, const Points<float>& right, Work& work,
                   const Visit& visit) {
  const bool same = &left == &right;
  const auto blocks_of = [](const Points<float>& points) {
    return (points.count() + kBlock - 1) / kBlock;
  };
  const int64_t lefts = blocks_of(left), rights = blocks_of(right);
  const int64_t rounds = std::max(lefts, rights);
  std::vector<Tile<float>> tiles(static_cast<size_t>(work.pool.threads()));
  std::vector<std::pair<int64_t, int64_t>> meetings;
  for (int64_t round = 0; round < rounds; ++round) {
    // Everyone has one partner in a round: i + j is the round's number, modulo the rounds.
    meetings.clear();
    for (int64_t i = 0; i < lefts; ++i) {
      const int64_t j = (round - i + rounds) % rounds;
      if (j < rights && !(same && j < i)) meetings.emplace_back(i, j);
    }
    work.pool.run(
        static_cast<int64_t>(meetings.size()), [&](int64_t first, int64_t last, int thread) {
          for (int64_t meeting = first; meeting < last; ++meeting) {
            const auto [i, j] = meetings[static_cast<size_t>(meeting)];
            const int64_t column = j * kBlock;
            const int64_t columns = std::min(kBlock, right.count() - column);
            const int64_t end = std::min((i + 1) * kBlock, left.count());
            for (int64_t row = i * kBlock; row < end; row += kTileRows) {
              const int64_t rows = std::min(kTileRows, end - row);
              visit({row, rows, column, columns,
                     tiles[static_cast<size_t>(thread)].products(left, row, rows, right, column)});
            }
          }
        });
  }
}

// The pairs of a tile whose distance may lie below a bound, that of the left row or that of the
// right one. In float, so that it takes little time to see that there are none; the margin is wide
// enough for the rounding here, too.
class NearPairs {
 public:
  NearPairs(const Points<float>& left, const Points<float>& right)
      : left_(left),
        error_(distance_error<float>(left.columns())),
        keep_(static_cast<float>(1 - error_ - 1e-6)),
        right_norms_(float_norms(right)) {}

  // Calls take(i, j, product): i and j count in the samples. `left_bound` gives that of a row;
  // those of right rows lie one after another.
  template <class LeftBound, class Take>
  void visit(const TileOfProducts& tile, const LeftBound& left_bound, const float* right_bounds,
             const Take& take) const {
    std::array<uint32_t, kTileColumns> found;
    for (int64_t r = 0; r < tile.rows; ++r) {
      const int64_t i = tile.row + r;
      const float* products = tile.products + r * kTileColumns;
      const size_t count = cpu::pairs_below({.norm = static_cast<float>(left_.norm(i)),
                                             .norms = right_norms_.data() + tile.column,
                                             .products = products,
                                             .keep = keep_,
                                             .bound = left_bound(i),
                                             .bounds = right_bounds + tile.column,
                                             .count = static_cast<size_t>(tile.columns)},
                                            found.data());
      for (size_t n = 0; n < count; ++n) {
        take(i, tile.column + found[n], static_cast<double>(products[found[n]]));
      }
    }
  }

  double error() const { return error_; }  // relative to the sum of the norms

 private:
  const Points<float>& left_;
  double error_;
  float keep_;
  std::vector<float> right_norms_;
};

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

// The search for the nearest of some queries among the rows of some data.
class Search {
 public:
  Search(const Points<float>& queries, const Points<float>& data, int64_t k)
      : queries_(queries),
        data_(data),
        k_(k),
        smallest_(static_cast<size_t>(queries.count()), Smallest(k)),
        candidates_(smallest_.size()),
        bounds_(smallest_.size() + kSlack, std::numeric_limits<float>::infinity()) {
    const int64_t own = &queries == &data ? 1 : 0;
    if (data.count() - own < k) {
      fail(Code::empty_data, k, " nearest neighbours need at least ", k + own,
           " rows in a sample, not ", data.count());
    }
  }

  // Above these no row can be among the nearest of a query.
  const float* bounds() const { return bounds_.data(); }
  float bound(int64_t query) const { return bounds_[static_cast<size_t>(query)]; }

  // A squared distance, and what it can be off.
  void offer(int64_t query, int64_t row, double distance, double error) {
    const auto q = static_cast<size_t>(query);
    if (distance - error > smallest_[q].bound()) return;
    candidates_[q].push_back({distance - error, row});
    smallest_[q].offer(distance + error);
    bounds_[q] = upper(smallest_[q].bound());
  }

  Neighbours settled(Work& work) const {
    Neighbours out;
    out.k = k_;
    out.distance.resize(static_cast<size_t>(queries_.count() * k_));
    out.row.resize(out.distance.size());
    work.pool.run(queries_.count(), [&](int64_t first, int64_t last, int) {
      std::vector<std::pair<double, int64_t>> exact;
      for (int64_t query = first; query < last; ++query) {
        const double bound = smallest_[static_cast<size_t>(query)].bound();
        exact.clear();
        for (const Candidate& each : candidates_[static_cast<size_t>(query)]) {
          if (each.lowest > bound) continue;
          exact.emplace_back(
              exact_distance(queries_.row(query), data_.row(each.row), data_.columns()), each.row);
        }
        std::partial_sort(exact.begin(), exact.begin() + k_, exact.end());
        for (int64_t n = 0; n < k_; ++n) {
          const auto at = static_cast<size_t>(query * k_ + n);
          out.distance[at] = exact[static_cast<size_t>(n)].first;
          out.row[at] = exact[static_cast<size_t>(n)].second;
        }
      }
    });
    return out;
  }

 private:
  const Points<float>& queries_;
  const Points<float>& data_;
  int64_t k_;
  std::vector<Smallest> smallest_;
  std::vector<std::vector<Candidate>> candidates_;
  std::vector<float> bounds_;
};

// Counts what lies in balls.
class BallCount {
 public:
  BallCount(const Points<float>& left, std::span<const double> left_radii,
            const Points<float>& right, std::span<const double> right_radii)
      : left_(left),
        right_(right),
        left_radii_(left_radii),
        right_radii_(right_radii),
        left_bounds_(upper(left_radii)),
        right_bounds_(upper(right_radii)) {
    counts.balls_around_left.assign(left_radii.size(), 0);
    counts.inside_left.assign(left_radii.size(), 0);
    counts.weight_inside_left.assign(left_radii.size(), 0.0);
    counts.balls_around_right.assign(right_radii.size(), 0);
    counts.inside_right.assign(right_radii.size(), 0);
    counts.weight_inside_right.assign(right_radii.size(), 0.0);
  }

  const float* right_bounds() const { return right_bounds_.data(); }
  float left_bound(int64_t i) const { return left_bounds_[static_cast<size_t>(i)]; }

  void take(int64_t i, int64_t j, double product, double relative_error) {
    const double norms = left_.norm(i) + right_.norm(j);
    const double error = relative_error * norms + kTiny;
    double distance = norms - 2 * product;
    const auto l = static_cast<size_t>(i), r = static_cast<size_t>(j);
    if (distance - error >= std::max(left_radii_[l], right_radii_[r])) return;
    if (std::abs(distance - left_radii_[l]) <= error ||
        std::abs(distance - right_radii_[r]) <= error) {
      distance = exact_distance(left_.row(i), right_.row(j), left_.columns());
    }
    if (distance < left_radii_[l]) {
      ++counts.inside_left[l];
      counts.weight_inside_left[l] += right_.weight(j);
      ++counts.balls_around_right[r];
    }
    if (distance < right_radii_[r]) {
      ++counts.balls_around_left[l];
      ++counts.inside_right[r];
      counts.weight_inside_right[r] += left_.weight(i);
    }
  }

  BallCounts counts;

 private:
  const Points<float>& left_;
  const Points<float>& right_;
  std::span<const double> left_radii_, right_radii_;
  std::vector<float> left_bounds_, right_bounds_;
};

}  // namespace

Neighbours nearest(const Points<float>& points, int64_t k, Work& work) {
  Search search(points, points, k);
  const NearPairs near(points, points);
  for_each_tile(points, points, work, [&](const TileOfProducts& tile) {
    near.visit(
        tile, [&](int64_t i) { return search.bound(i); }, search.bounds(),
        [&](int64_t i, int64_t j, double product) {
          if (j <= i) return;  // the pair comes as (j, i), or is none
          const double norms = points.norm(i) + points.norm(j);
          const double error = near.error() * norms + kTiny;
          search.offer(i, j, norms - 2 * product, error);
          search.offer(j, i, norms - 2 * product, error);
        });
  });
  return search.settled(work);
}

BallCounts count_in_balls(const Points<float>& left, std::span<const double> left_radii,
                          const Points<float>& right, std::span<const double> right_radii,
                          Work& work) {
  BallCount balls(left, left_radii, right, right_radii);
  const NearPairs near(left, right);
  for_each_tile(left, right, work, [&](const TileOfProducts& tile) {
    near.visit(
        tile, [&](int64_t i) { return balls.left_bound(i); }, balls.right_bounds(),
        [&](int64_t i, int64_t j, double product) { balls.take(i, j, product, near.error()); });
  });
  return std::move(balls.counts);
}

AcrossSamples compare_neighbourhoods(const Points<float>& left, std::span<const double> left_radii,
                                     const Points<float>& right,
                                     std::span<const double> right_radii, int64_t k, Work& work) {
  Search of_left(left, right, k), of_right(right, left, k);
  BallCount balls(left, left_radii, right, right_radii);
  const NearPairs near(left, right);
  for_each_tile(left, right, work, [&](const TileOfProducts& tile) {
    near.visit(
        tile, [&](int64_t i) { return balls.left_bound(i); }, balls.right_bounds(),
        [&](int64_t i, int64_t j, double product) { balls.take(i, j, product, near.error()); });
    near.visit(
        tile, [&](int64_t i) { return of_left.bound(i); }, of_right.bounds(),
        [&](int64_t i, int64_t j, double product) {
          const double norms = left.norm(i) + right.norm(j);
          const double error = near.error() * norms + kTiny;
          of_left.offer(i, j, norms - 2 * product, error);
          of_right.offer(j, i, norms - 2 * product, error);
        });
  });
  return {std::move(balls.counts), of_left.settled(work), of_right.settled(work)};
}

}  // namespace castalia::referee
