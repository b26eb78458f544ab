#include "cpp/runtime/cpu/symmetric.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/symmetric.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#ifndef CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_ONCE_
namespace castalia::cpu {
namespace {

// Doubles of the widest vector.
constexpr int64_t kWidest = 8;

constexpr int64_t round_up(int64_t x, int64_t unit) { return (x + unit - 1) / unit * unit; }

// A matrix that is being reduced: its lower triangle, and the squares of kWidest rows and columns
// on the diagonal in full. Rows and vectors are padded to whole vectors.
struct Reduction {
  int64_t n;
  int64_t stride;
  double* a;
  // The update A - v w' - w v' that the last reflection left to do.
  double* v;
  double* w;
  double* x;  // the next reflection is I - tau x x'
  double* y;  // A x
  double* diagonal;
  double* beside;
};

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_SYMMETRIC_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<double>;
using Vector = hn::Vec<Tag>;

int64_t width() { return static_cast<int64_t>(hn::Lanes(Tag())); }

double dot(const double* a, const double* b, int64_t count) {
  const Tag d;
  auto sum = hn::Zero(d);
  for (int64_t j = 0; j < count; j += width()) {
    sum = hn::MulAdd(hn::Load(d, a + j), hn::Load(d, b + j), sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// Does the update for the first `size` rows and columns, and with the same loads y = A x. Reading
// the triangle is what takes the time, so everything happens in one pass.
void update_and_multiply(const Reduction& m, int64_t size) {
  const Tag d;
  const int64_t lanes = width();
  std::fill_n(m.y, round_up(size, kWidest), 0.0);
  struct Row {
    double* a;
    Vector v, w, x, sum;
  };
  const auto row_of = [&](int64_t r) {
    return Row{m.a + r * m.stride, hn::Set(d, m.v[r]), hn::Set(d, m.w[r]), hn::Set(d, m.x[r]),
               hn::Zero(d)};
  };
  // A vector of a row, updated.
  const auto update = [&](Row& row, int64_t j, Vector v, Vector w, Vector x) {
    auto a = hn::NegMulAdd(row.v, w, hn::Load(d, row.a + j));
    a = hn::NegMulAdd(row.w, v, a);
    hn::Store(a, d, row.a + j);
    row.sum = hn::MulAdd(a, x, row.sum);
    return a;
  };
  // Two rows share what is loaded of the vectors.
  for (int64_t r = 0; r < size; r += 2) {
    Row one = row_of(r), two = row_of(r + 1);
    const int64_t square = r / kWidest * kWidest;
    int64_t j = 0;
    for (; j < square; j += lanes) {
      const auto v = hn::Load(d, m.v + j), w = hn::Load(d, m.w + j), x = hn::Load(d, m.x + j);
      const auto first = update(one, j, v, w, x);
      const auto second = update(two, j, v, w, x);
      auto y = hn::MulAdd(first, one.x, hn::Load(d, m.y + j));
      y = hn::MulAdd(second, two.x, y);
      hn::Store(y, d, m.y + j);
    }
    for (; j < square + kWidest; j += lanes) {
      const auto v = hn::Load(d, m.v + j), w = hn::Load(d, m.w + j), x = hn::Load(d, m.x + j);
      update(one, j, v, w, x);
      update(two, j, v, w, x);
    }
    m.y[r] += hn::GetLane(hn::SumOfLanes(d, one.sum));
    m.y[r + 1] += hn::GetLane(hn::SumOfLanes(d, two.sum));
  }
}

// From the last row up: a reflection makes the elements of row k before k - 1 zero.
void reduce_to_tridiagonal(Reduction& m) {
  const Tag d;
  const int64_t lanes = width();
  for (int64_t k = m.n - 1; k > 0; --k) {
    const int64_t padded = round_up(k + 1, kWidest);
    const double* row = m.a + k * m.stride;
    const auto own_v = hn::Set(d, m.v[k]), own_w = hn::Set(d, m.w[k]);
    for (int64_t j = 0; j < padded; j += lanes) {
      auto x = hn::NegMulAdd(own_v, hn::Load(d, m.w + j), hn::Load(d, row + j));
      x = hn::NegMulAdd(own_w, hn::Load(d, m.v + j), x);
      hn::Store(x, d, m.x + j);
    }
    m.diagonal[k] = m.x[k];
    m.v[k] = m.w[k] = 0;
    const double before = m.x[k - 1];
    std::fill(m.x + k - 1, m.x + padded, 0.0);
    const double squares = dot(m.x, m.x, padded);
    double tau = 0;
    m.beside[k - 1] = before;
    if (squares > 0) {
      const double reflected = -std::copysign(std::sqrt(before * before + squares), before);
      m.beside[k - 1] = reflected;
      tau = (reflected - before) / reflected;
      const auto factor = hn::Set(d, 1 / (before - reflected));
      for (int64_t j = 0; j < padded; j += lanes) {
        hn::Store(hn::Mul(factor, hn::Load(d, m.x + j)), d, m.x + j);
      }
      m.x[k - 1] = 1;
    } else {
      std::fill_n(m.x, padded, 0.0);
    }
    update_and_multiply(m, k);
    std::fill(m.y + k, m.y + padded, 0.0);
    const auto scale = hn::Set(d, tau);
    const auto share = hn::Set(d, tau * tau / 2 * dot(m.y, m.x, padded));
    for (int64_t j = 0; j < padded; j += lanes) {
      const auto p = hn::Mul(scale, hn::Load(d, m.y + j));
      hn::Store(hn::NegMulAdd(share, hn::Load(d, m.x + j), p), d, m.w + j);
    }
    std::swap(m.v, m.x);
  }
  m.diagonal[0] = m.a[0] - 2 * m.v[0] * m.w[0];
}

// Rows [0, rows) of the columns [0, columns) of U from those of A, given the square of U that
// stands on the diagonal before them: row t is that of A less what the rows above take of it.
void solve_rows(int64_t rows, int64_t columns, const double* square, double* a, int64_t stride) {
  const Tag d;
  const int64_t lanes = width();
  for (int64_t t = 0; t < rows; ++t) {
    double* row = a + t * stride;
    const double pivot = square[t * stride + t];
    int64_t j = 0;
    for (; j + 4 * lanes <= columns; j += 4 * lanes) {
      auto row0 = hn::LoadU(d, row + j), row1 = hn::LoadU(d, row + j + lanes);
      auto row2 = hn::LoadU(d, row + j + 2 * lanes), row3 = hn::LoadU(d, row + j + 3 * lanes);
      for (int64_t s = 0; s < t; ++s) {
        const auto factor = hn::Set(d, square[s * stride + t]);
        const double* above = a + s * stride + j;
        row0 = hn::NegMulAdd(factor, hn::LoadU(d, above), row0);
        row1 = hn::NegMulAdd(factor, hn::LoadU(d, above + lanes), row1);
        row2 = hn::NegMulAdd(factor, hn::LoadU(d, above + 2 * lanes), row2);
        row3 = hn::NegMulAdd(factor, hn::LoadU(d, above + 3 * lanes), row3);
      }
      const auto divisor = hn::Set(d, pivot);
      hn::StoreU(hn::Div(row0, divisor), d, row + j);
      hn::StoreU(hn::Div(row1, divisor), d, row + j + lanes);
      hn::StoreU(hn::Div(row2, divisor), d, row + j + 2 * lanes);
      hn::StoreU(hn::Div(row3, divisor), d, row + j + 3 * lanes);
    }
    for (; j < columns; ++j) {
      double sum = row[j];
      for (int64_t s = 0; s < t; ++s) sum -= square[s * stride + t] * a[s * stride + j];
      row[j] = sum / pivot;
    }
  }
}

}  // namespace
}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(reduce_to_tridiagonal);
HWY_EXPORT(solve_rows);

// Rows of a factor that are found together.
constexpr int64_t kRowsOfFactor = 32;

cpu::GemmShape update_shape(int64_t n, int64_t begin, int64_t rows) {
  GemmShape shape;
  shape.m = rows;
  shape.n = n - begin;
  shape.k = begin;
  shape.transpose_a = true;
  shape.lda = shape.ldb = n;
  return shape;
}

// The factor of a square of few rows, row by row; false where a pivot is not positive.
bool factor_square(int64_t rows, double* a, int64_t stride) {
  for (int64_t t = 0; t < rows; ++t) {
    double* row = a + t * stride;
    for (int64_t s = 0; s < t; ++s) {
      const double* above = a + s * stride;
      for (int64_t j = t; j < rows; ++j) row[j] -= above[t] * above[j];
    }
    if (!(row[t] > 0)) return false;
    const double pivot = std::sqrt(row[t]);
    row[t] = pivot;
    for (int64_t j = t + 1; j < rows; ++j) row[j] /= pivot;
  }
  return true;
}

// The eigenvalues of a symmetric tridiagonal matrix, which take the place of its diagonal.
// `squares` are those of the elements beside the diagonal, and are lost.
class TridiagonalIteration {
 public:
  TridiagonalIteration(int64_t n, double* diagonal, double* squares)
      : n_(n), d_(diagonal), e_(squares) {}

  // False where it does not converge.
  bool run() {
    int64_t steps_left = 30 * n_;
    for (int64_t first = 0; first < n_;) {
      const int64_t last = end_of_part(first, n_ - 1);
      // Eigenvalues come apart at the first end, soonest where the elements are smaller.
      if (std::abs(d_[last]) < std::abs(d_[first])) {
        std::reverse(d_ + first, d_ + last + 1);
        std::reverse(e_ + first, e_ + last);
      }
      while (first <= last) {
        const int64_t m = end_of_part(first, last);
        if (m == first) {
          first += 1;
        } else if (m == first + 1) {
          solve_pair(first);
          first += 2;
        } else if (steps_left-- > 0) {
          step(first, m);
        } else {
          return false;
        }
      }
    }
    return true;
  }

 private:
  static constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;

  // The last row of the part that begins with row `first`: beyond it the matrix has come apart.
  int64_t end_of_part(int64_t first, int64_t last) {
    for (int64_t m = first; m < last; ++m) {
      if (e_[m] <= kUnit * kUnit * std::abs(d_[m] * d_[m + 1])) {
        e_[m] = 0;
        return m;
      }
    }
    return last;
  }

  void solve_pair(int64_t at) {
    const double half = (d_[at] - d_[at + 1]) / 2;
    const double mean = (d_[at] + d_[at + 1]) / 2;
    const double root = std::sqrt(half * half + e_[at]);
    const double large = mean + std::copysign(root, mean);
    // The other from the product, which does not cancel, where it is not below the rounding.
    const double product = d_[at] / large * d_[at + 1] - e_[at] / large;
    d_[at] = large;
    d_[at + 1] = large == 0 ? 0 : product;
    e_[at] = 0;
  }

  void step(int64_t first, int64_t m) {
    const double root = std::sqrt(e_[first]);
    const double half = (d_[first + 1] - d_[first]) / (2 * root);
    const double shift =
        d_[first] - root / (half + std::copysign(std::sqrt(half * half + 1), half));
    double c = 1;
    double s = 0;
    double gamma = d_[m] - shift;
    double p = gamma * gamma;
    for (int64_t i = m - 1; i >= first; --i) {
      const double square = e_[i];
      const double r = p + square;
      if (i + 1 != m) e_[i + 1] = s * r;
      const double last_c = c;
      const double last_gamma = gamma;
      c = p / r;
      s = square / r;
      gamma = c * (d_[i] - shift) - s * last_gamma;
      d_[i + 1] = last_gamma + (d_[i] - gamma);
      p = c != 0 ? gamma * gamma / c : last_c * square;
    }
    e_[first] = s * p;
    d_[first] = shift + gamma;
  }

  int64_t n_;
  double* d_;
  double* e_;
};

}  // namespace

size_t cholesky_scratch_bytes(int64_t n) {
  size_t product = 0;
  for (int64_t begin = kRowsOfFactor; begin < n; begin += kRowsOfFactor) {
    const GemmShape shape = update_shape(n, begin, std::min(kRowsOfFactor, n - begin));
    product = std::max(product, gemm_scratch_bytes<double>(shape));
  }
  return static_cast<size_t>(round_up(kRowsOfFactor * n, kWidest)) * sizeof(double) + product;
}

bool cholesky(int64_t n, double* a, std::byte* scratch) {
  ensure_dispatch();
  auto* const taken = reinterpret_cast<double*>(scratch);
  std::byte* const rest = scratch + round_up(kRowsOfFactor * n, kWidest) * sizeof(double);
  for (int64_t begin = 0; begin < n; begin += kRowsOfFactor) {
    const int64_t rows = std::min(kRowsOfFactor, n - begin);
    double* const square = a + begin * n + begin;
    if (begin > 0) {
      // What the rows above take of these.
      const GemmShape shape = update_shape(n, begin, rows);
      gemm_run_tiles<double>(shape, a + begin, a + begin, taken, {}, rest, 0, gemm_tiles(shape));
      for (int64_t t = 0; t < rows; ++t) {
        for (int64_t j = t; j < n - begin; ++j) square[t * n + j] -= taken[t * (n - begin) + j];
      }
    }
    if (!factor_square(rows, square, n)) return false;
    HWY_DYNAMIC_DISPATCH(solve_rows)(rows, n - begin - rows, square, square + rows, n);
  }
  return true;
}

size_t symmetric_eigenvalues_scratch_bytes(int64_t n) {
  const int64_t padded = round_up(n, kWidest);
  return static_cast<size_t>((padded + kWidest) * padded + 6 * padded) * sizeof(double);
}

bool symmetric_eigenvalues(int64_t n, const double* a, double* values, std::byte* scratch) {
  ensure_dispatch();
  if (n == 0) return true;
  const int64_t padded = round_up(n, kWidest);
  auto* next = reinterpret_cast<double*>(scratch);
  const auto take = [&](int64_t count) { return std::exchange(next, next + count); };
  Reduction m{};
  m.n = n;
  // An odd number of lines of memory, so that rows do not fall on each other in a cache.
  m.stride = padded % (2 * kWidest) == 0 ? padded + kWidest : padded;
  m.a = take(padded * m.stride);
  for (double** vector : {&m.v, &m.w, &m.x, &m.y, &m.beside}) {
    *vector = take(padded);
    std::fill_n(*vector, padded, 0.0);
  }
  m.diagonal = values;

  double largest = 0;
  bool finite = true;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      largest = std::max(largest, std::abs(a[i * n + j]));
      finite &= std::isfinite(a[i * n + j]);
    }
  }
  if (!finite) return false;
  // A power of two, so that scaling is exact; squares then neither overflow nor matter if they
  // vanish.
  constexpr int kMost = 1000;
  const int exponent = largest > 0 ? std::clamp(std::ilogb(largest), -kMost, kMost) : 0;
  const double scale = std::scalbn(1.0, -exponent);
  for (int64_t i = 0; i < padded; ++i) {
    double* row = m.a + i * m.stride;
    const int64_t filled = i < n ? i + 1 : 0;
    for (int64_t j = 0; j < filled; ++j) row[j] = scale * a[i * n + j];
    std::fill(row + filled, row + m.stride, 0.0);
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i + 1; j < std::min(n, round_up(i + 1, kWidest)); ++j) {
      m.a[i * m.stride + j] = m.a[j * m.stride + i];
    }
  }
  HWY_DYNAMIC_DISPATCH(reduce_to_tridiagonal)(m);
  for (int64_t i = 0; i + 1 < n; ++i) m.beside[i] *= m.beside[i];
  if (!TridiagonalIteration(n, values, m.beside).run()) return false;
  for (int64_t i = 0; i < n; ++i) values[i] = std::scalbn(values[i], exponent);
  return true;
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
