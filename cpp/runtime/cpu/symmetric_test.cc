// Decompositions of symmetric matrices against Eigen's.
#include "cpp/runtime/cpu/symmetric.h"

#include <gtest/gtest.h>
#include <eigen3/Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kUnit = std::numeric_limits<double>::epsilon();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class Scratch {
 public:
  explicit Scratch(size_t bytes)
      : data_(static_cast<std::byte*>(::operator new(bytes + 64, std::align_val_t(64)))) {}
  ~Scratch() { ::operator delete(data_, std::align_val_t(64)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
};

Matrix random_matrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Matrix out(rows, columns);
  for (int64_t i = 0; i < out.size(); ++i) out.data()[i] = normal(random);
  return out;
}

struct Case {
  std::string name;
  Matrix a;
};

std::vector<Case> cases(int64_t n) {
  const Matrix wide = random_matrix(n, n + 5, 1);
  const Matrix narrow = random_matrix(n, (n + 1) / 2, 2);
  const Matrix indefinite = random_matrix(n, n, 3);
  Matrix graded = wide * wide.transpose();
  for (int64_t i = 0; i < n; ++i) {
    graded.row(i) *= std::exp2(-static_cast<double>(i % 40));
    graded.col(i) *= std::exp2(-static_cast<double>(i % 40));
  }
  Matrix tridiagonal = Matrix::Zero(n, n);
  for (int64_t i = 0; i < n; ++i) {
    // Wilkinson's, whose eigenvalues come in pairs that differ by less than rounding.
    tridiagonal(i, i) = std::abs(static_cast<double>(2 * i + 1 - n)) / 2;
    if (i > 0) tridiagonal(i, i - 1) = tridiagonal(i - 1, i) = 1;
  }
  std::vector<Case> all = {{"definite", wide * wide.transpose()},
                           {"singular", narrow * narrow.transpose()},
                           {"indefinite", indefinite + indefinite.transpose()},
                           {"graded", graded},
                           {"Wilkinson's", tridiagonal},
                           {"identity", Matrix::Identity(n, n)},
                           {"zero", Matrix::Zero(n, n)},
                           {"ones", Matrix::Ones(n, n)}};
  all.push_back({"tiny", all.front().a * 1e-290});
  all.push_back({"huge", all.front().a * 1e290});
  return all;
}

const std::vector<int64_t> kSizes = {1, 2, 3, 5, 7, 8, 9, 16, 17, 31, 33, 64, 65, 100, 131};

std::vector<double> eigenvalues(const Matrix& a) {
  const int64_t n = a.rows();
  std::vector<double> values(static_cast<size_t>(n));
  const Scratch scratch(symmetric_eigenvalues_scratch_bytes(n));
  EXPECT_TRUE(symmetric_eigenvalues(n, a.data(), values.data(), scratch.data()));
  return values;
}

class SymmetricTest : public EachTarget {};

TEST_P(SymmetricTest, EigenvaluesAreEigens) {
  for (const int64_t n : kSizes) {
    for (const Case& each : cases(n)) {
      std::vector<double> values = eigenvalues(each.a);
      std::sort(values.begin(), values.end());
      // Eigen's iteration is lost at the ends of the range, and elsewhere less exact than ours.
      const double scale = std::max(each.a.cwiseAbs().maxCoeff(), 1e-300);
      const Eigen::SelfAdjointEigenSolver<Matrix> solver(each.a / scale, Eigen::EigenvaluesOnly);
      const double largest = solver.eigenvalues().cwiseAbs().maxCoeff();
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_NEAR(values[static_cast<size_t>(i)] / scale, solver.eigenvalues()[i],
                    (8 + 2 * static_cast<double>(n)) * kUnit * largest)
            << each.name << ' ' << n << ", " << i;
      }
    }
  }
}

TEST_P(SymmetricTest, EigenvaluesReadTheLowerTriangle) {
  for (const int64_t n : kSizes) {
    Matrix a = cases(n).front().a;
    const std::vector<double> whole = eigenvalues(a);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = i + 1; j < n; ++j) a(i, j) = kNan;
    }
    EXPECT_EQ(eigenvalues(a), whole);
  }
}

TEST_P(SymmetricTest, EigenvaluesRefuseNumbersThatAreNone) {
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    for (const int64_t n : {3, 9, 40}) {
      Matrix a = cases(n).front().a;
      a(n - 1, 1) = bad;
      std::vector<double> values(static_cast<size_t>(n));
      const Scratch scratch(symmetric_eigenvalues_scratch_bytes(n));
      EXPECT_FALSE(symmetric_eigenvalues(n, a.data(), values.data(), scratch.data())) << n;
    }
  }
}

TEST_P(SymmetricTest, FactorsGiveTheMatrixBack) {
  for (const int64_t n : kSizes) {
    for (const Case& each : cases(n)) {
      if (each.name != "definite" && each.name != "graded" && each.name != "identity") continue;
      Matrix a = each.a;
      // What is below the diagonal stays as it is.
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < i; ++j) a(i, j) = 7;
      }
      const Scratch scratch(cholesky_scratch_bytes(n));
      ASSERT_TRUE(cholesky(n, a.data(), scratch.data())) << each.name << ' ' << n;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < i; ++j) ASSERT_EQ(a(i, j), 7);
      }
      const Matrix u = a.triangularView<Eigen::Upper>();
      const Matrix back = u.transpose() * u;
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          // Element by element, so that small rows count as much as large ones.
          ASSERT_NEAR(back(i, j), each.a(i, j),
                      4 * static_cast<double>(n) * kUnit * std::sqrt(each.a(i, i) * each.a(j, j)))
              << each.name << ' ' << n << ", " << i << ", " << j;
        }
      }
    }
  }
}

TEST_P(SymmetricTest, FactorsNeedPositivePivots) {
  for (const int64_t n : {1, 2, 40, 70}) {
    const Scratch scratch(cholesky_scratch_bytes(n));
    for (const double bad : {0.0, -1.0, kNan}) {
      for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
        Matrix a = Matrix::Identity(n, n);
        a(at, at) = bad;
        EXPECT_FALSE(cholesky(n, a.data(), scratch.data())) << bad << " at " << at << " of " << n;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, SymmetricTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
