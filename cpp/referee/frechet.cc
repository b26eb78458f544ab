#include "cpp/referee/frechet.h"

#include <algorithm>
#include <cmath>
#include <eigen3/Eigen/Cholesky>
#include <eigen3/Eigen/Eigenvalues>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"
#include "cpp/referee/statistics.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia::referee {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Memory for the sums of all groups: 384 MiB.
constexpr int64_t kMostSums = 48 << 20;

// c = op(a) b on the calling thread, by our own product: Eigen's is compiled for the oldest
// processor that we serve.
void multiply(const cpu::GemmShape& shape, const double* a, const double* b, double* c,
              std::byte* scratch) {
  cpu::gemm_run_tiles<double>(shape, a, b, c, {}, scratch, 0, cpu::gemm_tiles(shape));
}

cpu::GemmShape square_shape(int64_t n, bool transpose_a) {
  cpu::GemmShape shape;
  shape.m = shape.n = shape.k = n;
  shape.transpose_a = transpose_a;
  return shape;
}

// A matrix R with C = R R'. Cholesky's where C is positive definite; where it is singular, the
// pivoted one, whose pivots may be zero.
Matrix root_of(const Matrix& covariance) {
  Eigen::LLT<Matrix> plain(covariance);
  if (plain.info() == Eigen::Success) return plain.matrixL();
  const Eigen::LDLT<Matrix> pivoted(covariance);
  const Eigen::VectorXd pivots = pivoted.vectorD().cwiseMax(0.0).cwiseSqrt();
  const Matrix lower = pivoted.matrixL();
  return pivoted.transpositionsP().transpose() * Matrix(lower * pivots.asDiagonal());
}

// trace (A B)^(1/2) = sum of the roots of the eigenvalues of R' B R, where A = R R'.
double trace_of_root(const Matrix& a, const Matrix& b) {
  const int64_t n = a.rows();
  const Matrix root = root_of(a);
  const cpu::GemmShape plain = square_shape(n, false);
  const cpu::GemmShape transposed = square_shape(n, true);
  const AlignedBytes scratch = aligned_bytes(std::max(cpu::gemm_scratch_bytes<double>(plain),
                                                      cpu::gemm_scratch_bytes<double>(transposed)));
  Matrix product(n, n);
  Matrix inner(n, n);
  multiply(plain, b.data(), root.data(), product.data(), scratch.get());
  multiply(transposed, root.data(), product.data(), inner.data(), scratch.get());
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(inner, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) {
    fail(Code::numerical, "the eigenvalues of a covariance did not converge");
  }
  return solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
}

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
  cpu::GemmShape shape;
  shape.m = shape.n = columns_;
  shape.k = size;
  shape.transpose_a = true;
  const size_t scratch_bytes = cpu::gemm_scratch_bytes<double>(shape);

  work.pool.run(groups_, [&](int64_t first, int64_t last, int) {
    const AlignedBytes scratch = aligned_bytes(scratch_bytes);
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
      cpu::GemmShape own = shape;
      own.k = count;
      multiply(own, x.data(), weighted.data(), outer.data(), scratch.get());
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

Moments GroupedMoments::moments(int64_t batch) const {
  const double* sums = batches_sums_.data() + batch * length_;
  Moments out;
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
  for (int64_t i = 0; i < columns_; ++i) {
    const double mean = out.mean[static_cast<size_t>(i)];
    for (int64_t j = i; j < columns_; ++j) {
      const double value =
          (*triangle++ - weight * mean * out.mean[static_cast<size_t>(j)]) / spread;
      out.covariance[static_cast<size_t>(i * columns_ + j)] = value;
      out.covariance[static_cast<size_t>(j * columns_ + i)] = value;
    }
  }
  return out;
}

double frechet_distance(const Moments& a, const Moments& b) {
  const Eigen::Map<const Matrix> first(a.covariance.data(), a.columns, a.columns);
  const Eigen::Map<const Matrix> second(b.covariance.data(), b.columns, b.columns);
  double means = 0;
  for (size_t j = 0; j < a.mean.size(); ++j) {
    means += (a.mean[j] - b.mean[j]) * (a.mean[j] - b.mean[j]);
  }
  return means + first.trace() + second.trace() - 2 * trace_of_root(first, second);
}

std::vector<double> frechet_distances(const GroupedMoments& a, const GroupedMoments& b,
                                      Work& work) {
  check(a.batches() == b.batches(), "Frechet distances of ", a.batches(), " and ", b.batches());
  std::vector<double> out(static_cast<size_t>(a.batches()));
  // A few at a time, so that the caller hears how far it is.
  constexpr int64_t kTogether = 16;
  for (int64_t begin = 0; begin < a.batches(); begin += kTogether) {
    const int64_t count = std::min(kTogether, a.batches() - begin);
    work.pool.run(count, [&](int64_t first, int64_t last, int) {
      for (int64_t batch = begin + first; batch < begin + last; ++batch) {
        out[static_cast<size_t>(batch)] = frechet_distance(a.moments(batch), b.moments(batch));
      }
    });
    work.report(static_cast<double>(begin + count) / static_cast<double>(a.batches()));
  }
  return out;
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
  std::vector<double> distances(static_cast<size_t>(splits));
  work.pool.run(splits, [&](int64_t first, int64_t last, int) {
    for (int64_t i = first; i < last; ++i) {
      distances[static_cast<size_t>(i)] = frechet_distance(x.moments(2 * i), x.moments(2 * i + 1));
    }
  });
  const Summary found = summarise(distances);
  return {found.mean, found.deviation};
}

}  // namespace castalia::referee
