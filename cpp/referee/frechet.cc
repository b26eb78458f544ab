#include "cpp/referee/frechet.h"

#include <algorithm>
#include <cmath>
#include <eigen3/Eigen/Cholesky>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"
#include "cpp/referee/statistics.h"
#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/cpu/symmetric.h"

namespace castalia::referee {
namespace {

// Memory for the sums of all groups: 384 MiB.
constexpr int64_t kMostSums = 48 << 20;

// Products of which a triangle is zero, or not wanted, go in strips of so many rows or columns.
constexpr int64_t kStrip = 64;

// Products on the calling thread, by our own code: Eigen's is compiled for the oldest processor
// that we serve.
class Product {
 public:
  void multiply(const cpu::GemmShape& shape, const double* a, const double* b, double* c) {
    cpu::gemm_run_tiles<double>(shape, a, b, c, {},
                                scratch_.of(cpu::gemm_scratch_bytes<double>(shape)), 0,
                                cpu::gemm_tiles(shape));
  }

 private:
  AlignedScratch scratch_;
};

// Works out distances, one after another, in the same memory.
class FrechetSolver {
 public:
  // Covariances are spoiled.
  double distance(Moments& a, Moments& b) {
    double sum = 0;
    for (size_t j = 0; j < a.mean.size(); ++j) {
      sum += (a.mean[j] - b.mean[j]) * (a.mean[j] - b.mean[j]);
    }
    for (int64_t j = 0; j < a.columns; ++j) {
      const auto at = static_cast<size_t>(j * a.columns + j);
      sum += a.covariance[at] + b.covariance[at];
    }
    return sum - 2 * trace_of_root(a.columns, a.covariance, b.covariance);
  }

  Moments first, second;  // for who calls

 private:
  // trace (A B)^(1/2) = sum of the roots of the eigenvalues of U B U', where A = U' U.
  double trace_of_root(int64_t n, std::vector<double>& a, std::vector<double>& b) {
    factor(n, a, b);
    half_.resize(a.size());
    inner_.resize(a.size());
    for (int64_t begin = 0; begin < n; begin += kStrip) {
      cpu::GemmShape shape;  // rows of U B
      shape.m = std::min(kStrip, n - begin);
      shape.n = n;
      shape.k = n - begin;
      shape.lda = n;
      product_.multiply(shape, a.data() + begin * (n + 1), b.data() + begin * n,
                        half_.data() + begin * n);
    }
    for (int64_t begin = 0; begin < n; begin += kStrip) {
      cpu::GemmShape shape;  // columns of the lower triangle of U B U'
      shape.m = shape.k = n - begin;
      shape.n = std::min(kStrip, n - begin);
      shape.transpose_b = true;
      shape.lda = shape.ldb = shape.ldc = n;
      const int64_t at = begin * (n + 1);
      product_.multiply(shape, half_.data() + at, a.data() + at, inner_.data() + at);
    }
    values_.resize(static_cast<size_t>(n));
    if (!cpu::symmetric_eigenvalues(n, inner_.data(), values_.data(),
                                    scratch_.of(cpu::symmetric_eigenvalues_scratch_bytes(n)))) {
      fail(Code::numerical, "the eigenvalues of a covariance did not converge");
    }
    double sum = 0;
    for (const double value : values_) sum += std::sqrt(std::max(value, 0.0));
    return sum;
  }

  // Cholesky's factor where A is positive definite. Where it is singular, the pivoted one, whose
  // pivots may be zero: the rows and columns of both matrices change places then.
  void factor(int64_t n, std::vector<double>& a, std::vector<double>& b) {
    using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    // The lower triangle keeps A.
    std::vector<double> diagonal(static_cast<size_t>(n));
    for (int64_t j = 0; j < n; ++j)
      diagonal[static_cast<size_t>(j)] = a[static_cast<size_t>(j * n + j)];
    if (!cpu::cholesky(n, a.data(), scratch_.of(cpu::cholesky_scratch_bytes(n)))) {
      Eigen::Map<Matrix> first(a.data(), n, n);
      for (int64_t j = 0; j < n; ++j) first(j, j) = diagonal[static_cast<size_t>(j)];
      const Eigen::LDLT<Matrix, Eigen::Lower> pivoted(first);
      first = pivoted.matrixU();
      first = pivoted.vectorD().cwiseMax(0.0).cwiseSqrt().asDiagonal() * Matrix(first);
      Eigen::Map<Matrix> second(b.data(), n, n);
      second = pivoted.transpositionsP() * Matrix(second);
      second = Matrix(second) * pivoted.transpositionsP().transpose();
    }
    // Strips reach below the diagonal.
    for (int64_t i = 1; i < n; ++i) std::fill_n(a.begin() + i * n, i, 0.0);
  }

  Product product_;
  AlignedScratch scratch_;
  std::vector<double> half_, inner_, values_;
};

}  // namespace

GroupedMoments::GroupedMoments(const Dataset& data, std::span<const double> centre,
                               std::span<const double> factors, uint64_t seed, uint16_t use,
                               Work& work)
    : columns_(data.features), length_(2 + columns_ + columns_ * (columns_ + 1) / 2) {
  const int64_t most_groups = std::max<int64_t>(kMostSums / length_, 64);
  const int64_t size = (data.rows + most_groups - 1) / most_groups;
  groups_ = (data.rows + size - 1) / size;
  rows_per_group_ = static_cast<double>(data.rows) / static_cast<double>(groups_);
  sums_.assign(static_cast<size_t>(groups_ * length_), 0.0);
  const std::vector<int64_t> order = permutation(seed, use, data.rows);
  work.pool.run(groups_, [&](int64_t first, int64_t last, int) {
    Product product;
    std::vector<double> x(static_cast<size_t>(size * columns_));
    std::vector<double> weighted(x.size());
    std::vector<double> outer(static_cast<size_t>(columns_ * columns_));
    for (int64_t group = first; group < last; ++group) {
      double* sums = sums_.data() + group * length_;
      const int64_t begin = group * size;
      const int64_t count = std::min(size, data.rows - begin);
      for (int64_t r = 0; r < count; ++r) {
        const int64_t row = order[static_cast<size_t>(begin + r)];
        const double w = data.weights.empty() ? 1.0 : data.weights[static_cast<size_t>(row)];
        sums[0] += w;
        sums[1] += w * w;
        for (int64_t j = 0; j < columns_; ++j) {
          const auto column = static_cast<size_t>(j);
          const double value =
              (data.x[static_cast<size_t>(row * columns_ + j)] - centre[column]) * factors[column];
          x[static_cast<size_t>(r * columns_ + j)] = value;
          weighted[static_cast<size_t>(r * columns_ + j)] = w * value;
          sums[2 + j] += w * value;
        }
      }
      // The upper triangle, in strips of rows.
      for (int64_t i = 0; i < columns_; i += kStrip) {
        cpu::GemmShape shape;
        shape.m = std::min(kStrip, columns_ - i);
        shape.n = columns_ - i;
        shape.k = count;
        shape.transpose_a = true;
        shape.lda = shape.ldb = shape.ldc = columns_;
        product.multiply(shape, x.data() + i, weighted.data() + i,
                         outer.data() + i * (columns_ + 1));
      }
      double* triangle = sums + 2 + columns_;
      for (int64_t i = 0; i < columns_; ++i) {
        const double* from = outer.data() + i * columns_;
        triangle = std::copy(from + i, from + columns_, triangle);
      }
    }
  });
}

void GroupedMoments::set_batches(std::vector<double> copies, Work& work) {
  batches_ = static_cast<int64_t>(copies.size()) / groups_;
  batches_sums_.resize(static_cast<size_t>(batches_ * length_));
  cpu::GemmShape shape;
  shape.m = batches_;
  shape.n = length_;
  shape.k = groups_;
  const size_t scratch_bytes = cpu::gemm_scratch_bytes<double>(shape);
  std::vector<AlignedBytes> scratch(static_cast<size_t>(work.pool.threads()));
  for (AlignedBytes& each : scratch) each = aligned_bytes(scratch_bytes);
  work.pool.run(cpu::gemm_tiles(shape), [&](int64_t first, int64_t last, int thread) {
    cpu::gemm_run_tiles<double>(shape, copies.data(), sums_.data(), batches_sums_.data(), {},
                                scratch[static_cast<size_t>(thread)].get(), first, last);
  });
}

double GroupedMoments::weight() const {
  double sum = 0;
  for (int64_t group = 0; group < groups_; ++group) {
    sum += sums_[static_cast<size_t>(group * length_)];
  }
  return sum;
}

void GroupedMoments::moments(int64_t batch, Moments& out) const {
  const double* sums = batches_sums_.data() + batch * length_;
  out.columns = columns_;
  out.mean.assign(sums + 2, sums + 2 + columns_);
  const double weight = sums[0];
  if (weight <= 0) fail(Code::out_of_range, "the weights of a batch of events sum to zero");
  for (double& mean : out.mean) mean /= weight;
  // With equal weights this is 1 / (n - 1).
  const double spread = weight - sums[1] / weight;
  if (!(spread > 0)) {
    fail(Code::empty_data, "a batch has a single event with weight, and so no covariance");
  }
  out.covariance.resize(static_cast<size_t>(columns_ * columns_));
  const double* triangle = sums + 2 + columns_;
  double* const covariance = out.covariance.data();
  for (int64_t i = 0; i < columns_; ++i) {
    const double mean = out.mean[static_cast<size_t>(i)];
    for (int64_t j = i; j < columns_; ++j) {
      covariance[i * columns_ + j] =
          (*triangle++ - weight * mean * out.mean[static_cast<size_t>(j)]) / spread;
    }
  }
  // The lower triangle, a square at a time, so that both sides stay in the cache.
  constexpr int64_t kSide = 16;
  for (int64_t row = 0; row < columns_; row += kSide) {
    const int64_t rows = std::min(row + kSide, columns_);
    for (int64_t column = 0; column <= row; column += kSide) {
      for (int64_t i = row; i < rows; ++i) {
        for (int64_t j = column; j < std::min(column + kSide, i); ++j) {
          covariance[i * columns_ + j] = covariance[j * columns_ + i];
        }
      }
    }
  }
}

double frechet_distance(const Moments& a, const Moments& b) {
  FrechetSolver solver;
  solver.first = a;
  solver.second = b;
  return solver.distance(solver.first, solver.second);
}

namespace {

// A pair of batches: of which sample, and its number there.
struct BatchPair {
  const GroupedMoments* first;
  int64_t first_batch;
  const GroupedMoments* second;
  int64_t second_batch;
};

std::vector<double> distances_of(std::span<const BatchPair> pairs, Work& work) {
  std::vector<double> out(pairs.size());
  std::vector<FrechetSolver> solvers(static_cast<size_t>(work.pool.threads()));
  // A few at a time, so that the caller hears how far it is.
  constexpr size_t kTogether = 16;
  for (size_t begin = 0; begin < pairs.size(); begin += kTogether) {
    const size_t count = std::min(kTogether, pairs.size() - begin);
    work.pool.run(static_cast<int64_t>(count), [&](int64_t first, int64_t last, int thread) {
      FrechetSolver& solver = solvers[static_cast<size_t>(thread)];
      for (int64_t i = first; i < last; ++i) {
        const BatchPair& pair = pairs[begin + static_cast<size_t>(i)];
        pair.first->moments(pair.first_batch, solver.first);
        pair.second->moments(pair.second_batch, solver.second);
        out[begin + static_cast<size_t>(i)] = solver.distance(solver.first, solver.second);
      }
    });
    work.report(static_cast<double>(begin + count) / static_cast<double>(pairs.size()));
  }
  return out;
}

}  // namespace

std::vector<double> frechet_distances(const GroupedMoments& a, const GroupedMoments& b,
                                      Work& work) {
  check(a.batches() == b.batches(), "Frechet distances of ", a.batches(), " and ", b.batches());
  std::vector<BatchPair> pairs;
  for (int64_t batch = 0; batch < a.batches(); ++batch) pairs.push_back({&a, batch, &b, batch});
  return distances_of(pairs, work);
}

void GroupedMoments::add_batches(const GroupedMoments& other, double factor) {
  check(batches_ == other.batches_ && columns_ == other.columns_, "batches that do not add");
  for (size_t i = 0; i < batches_sums_.size(); ++i) {
    const bool squares = i % static_cast<size_t>(length_) == 1;
    batches_sums_[i] += (squares ? factor * factor : factor) * other.batches_sums_[i];
  }
}

namespace {

// Pairs of batches, one after another: a share of the groups in random order, and the others.
std::vector<double> random_splits(int64_t groups, double share, int64_t splits, uint64_t seed,
                                  uint16_t use) {
  std::vector<double> copies(static_cast<size_t>(2 * splits * groups), 0.0);
  // Neither side is empty, however unlike the samples' sizes are.
  const auto nearest = static_cast<int64_t>(std::lround(share * static_cast<double>(groups)));
  const int64_t first = std::clamp<int64_t>(nearest, 1, groups - 1);
  for (int64_t split = 0; split < splits; ++split) {
    const std::vector<int64_t> order = permutation(seed, use, groups, static_cast<uint64_t>(split));
    for (int64_t i = 0; i < groups; ++i) {
      const int64_t side = i < first ? 0 : 1;
      copies[static_cast<size_t>((2 * split + side) * groups + order[static_cast<size_t>(i)])] = 1;
    }
  }
  return copies;
}

}  // namespace

NullDistance null_frechet_distance(GroupedMoments& x, GroupedMoments& y, int64_t splits,
                                   uint64_t seed, Work& work) {
  const double n = x.rows(), m = y.rows();
  const double share = n / (n + m);
  x.set_batches(random_splits(x.groups(), share, splits, seed, kSplit), work);
  y.set_batches(random_splits(y.groups(), share, splits, seed, kSplitReference), work);
  x.add_batches(y, (x.weight() / n) / (y.weight() / m));
  std::vector<BatchPair> pairs;
  for (int64_t i = 0; i < splits; ++i) pairs.push_back({&x, 2 * i, &x, 2 * i + 1});
  const Summary found = summarise(distances_of(pairs, work));
  return {found.mean, found.deviation};
}

}  // namespace castalia::referee
