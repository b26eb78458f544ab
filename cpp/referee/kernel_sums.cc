#include "cpp/referee/kernel_sums.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"
#include "cpp/runtime/cpu/pair_kernels.h"

namespace castalia::referee {
namespace {

// Pairs are summed in blocks of rows x rows. What a block adds to a row is kept apart and added in
// the order of the blocks, so the sums do not depend on which thread came first.
constexpr int64_t kBlocks = 32;

// Sums over pairs (i, j) of two samples; over i != j when both are the same one.
struct PairSums {
  std::vector<double> left;   // (rows of a): sum over j of w_j k(i, j)
  std::vector<double> right;  // (rows of b): sum over i of w_i k(i, j)
  double squares = 0;         // sum of w_i w_j k^2
};

// A thread's memory for one tile, with room for the vectors that reach beyond its end.
template <typename T>
struct TileBuffers {
  static constexpr size_t kSlack = 64;
  static constexpr size_t kLength = kTileColumns + kSlack;
  std::array<T, kLength> weights{};  // of the columns
  std::array<T, kLength> norms{};
  std::array<T, kLength> distance{};
  std::vector<T> right;  // (kernel, column): what the rows of a tile add to the columns' sums
};

template <typename T>
cpu::PairKernel<T> pair_kernel(const Kernel& kernel, double inverse) {
  using Form = typename cpu::PairKernel<T>::Form;
  switch (kernel.form) {
    case Kernel::Form::gaussian:
      return {Form::gaussian, static_cast<T>(-inverse / (2 * kernel.width * kernel.width)), 1};
    case Kernel::Form::energy: return {Form::energy, static_cast<T>(-std::sqrt(inverse)), 1};
    case Kernel::Form::polynomial: break;
  }
  return {Form::polynomial, static_cast<T>(kernel.slope * inverse), kernel.degree};
}

template <typename T>
class PairPass {
 public:
  PairPass(const Points<T>& a, const Points<T>& b, double factor, std::span<const Kernel> kernels,
           Work& work)
      : a_(a),
        b_(b),
        same_(&a == &b),
        near_(static_cast<T>(100 * distance_error<T>(a.columns()))),
        distances_(std::any_of(kernels.begin(), kernels.end(), [](const Kernel& each) {
          return each.form != Kernel::Form::polynomial;
        })) {
    for (const Kernel& each : kernels) {
      kernels_.push_back(pair_kernel<T>(each, 1 / (factor * factor)));
    }
    block_ = std::max(a.count(), b.count());
    block_ = (block_ + kBlocks - 1) / kBlocks;
    block_ = (block_ + kTileColumns - 1) / kTileColumns * kTileColumns;
    a_blocks_ = (a.count() + block_ - 1) / block_;
    b_blocks_ = (b.count() + block_ - 1) / block_;
    for (int64_t i = 0; i < a_blocks_; ++i) {
      for (int64_t j = same_ ? i : 0; j < b_blocks_; ++j) tasks_.push_back({i, j});
    }
    const auto kernel_count = kernels.size();
    left_.assign(kernel_count * static_cast<size_t>(b_blocks_ * a.count()), 0.0);
    right_.assign(kernel_count * static_cast<size_t>(a_blocks_ * b.count()), 0.0);
    squares_.assign(kernel_count * tasks_.size(), 0.0);
    run(work);
  }

  PairSums sums(size_t kernel) const {
    PairSums out;
    out.left = added(left_, kernel, a_.count(), b_blocks_);
    out.right = added(right_, kernel, b_.count(), a_blocks_);
    for (size_t task = 0; task < tasks_.size(); ++task) {
      const bool twice = same_ && tasks_[task].i != tasks_[task].j;
      out.squares += squares_[kernel * tasks_.size() + task] * (twice ? 2 : 1);
    }
    if (same_) {
      for (size_t r = 0; r < out.left.size(); ++r) out.left[r] += out.right[r];
      out.right = out.left;
    }
    return out;
  }

 private:
  struct Task {
    int64_t i, j;
  };

  static std::vector<double> added(const std::vector<double>& parts, size_t kernel, int64_t count,
                                   int64_t blocks) {
    std::vector<double> out(static_cast<size_t>(count), 0.0);
    for (int64_t block = 0; block < blocks; ++block) {
      const double* part = parts.data() + (static_cast<int64_t>(kernel) * blocks + block) * count;
      for (int64_t r = 0; r < count; ++r) out[static_cast<size_t>(r)] += part[r];
    }
    return out;
  }

  void run(Work& work) {
    std::vector<Tile<T>> tiles(static_cast<size_t>(work.pool.threads()));
    std::vector<TileBuffers<T>> buffers(static_cast<size_t>(work.pool.threads()));
    work.pool.run(static_cast<int64_t>(tasks_.size()),
                  [&](int64_t first, int64_t last, int thread) {
                    const auto t = static_cast<size_t>(thread);
                    for (int64_t task = first; task < last; ++task) {
                      one_task(static_cast<size_t>(task), tiles[t], buffers[t]);
                    }
                  });
  }

  void one_task(size_t task, Tile<T>& tile, TileBuffers<T>& buffers) {
    const auto [bi, bj] = tasks_[task];
    const int64_t row_end = std::min(a_.count(), (bi + 1) * block_);
    const int64_t column_end = std::min(b_.count(), (bj + 1) * block_);
    for (int64_t column = bj * block_; column < column_end; column += kTileColumns) {
      const int64_t columns = std::min(kTileColumns, column_end - column);
      for (int64_t j = 0; j < columns; ++j) {
        buffers.weights[static_cast<size_t>(j)] = static_cast<T>(b_.weight(column + j));
        buffers.norms[static_cast<size_t>(j)] = static_cast<T>(b_.norm(column + j));
      }
      for (int64_t row = bi * block_; row < row_end; row += kTileRows) {
        const int64_t rows = std::min(kTileRows, row_end - row);
        const T* products = tile.products(a_, row, rows, b_, column);
        buffers.right.assign(kernels_.size() * kTileColumns + TileBuffers<T>::kSlack, T(0));
        for (int64_t i = 0; i < rows; ++i) {
          one_row(task, row + i, column, columns, products + i * kTileColumns, buffers);
        }
        // Within a diagonal block both triangles are summed along rows.
        if (!(same_ && bi == bj)) keep_right(bi, column, columns, buffers);
      }
    }
  }

  void one_row(size_t task, int64_t i, int64_t column, int64_t columns, const T* product,
               TileBuffers<T>& buffers) {
    const auto [bi, bj] = tasks_[task];
    if (distances_) distances_of_row(i, column, columns, product, buffers);
    // A row is no partner of itself.
    const bool meets_itself = same_ && i >= column && i < column + columns;
    const int64_t self = meets_itself ? i - column : columns;
    for (size_t kernel = 0; kernel < kernels_.size(); ++kernel) {
      const bool products = kernels_[kernel].form == cpu::PairKernel<T>::Form::polynomial;
      const T* from = products ? product : buffers.distance.data();
      T* right = buffers.right.data() + kernel * kTileColumns;
      const auto part = [&](int64_t begin, int64_t end) {
        return cpu::add_kernel_row<T>(
            kernels_[kernel],
            {from + begin, static_cast<size_t>(end - begin), static_cast<T>(a_.weight(i)),
             buffers.weights.data() + begin, right + begin});
      };
      cpu::KernelSums sums = part(0, self);
      if (meets_itself) {
        const cpu::KernelSums more = part(self + 1, columns);
        sums.value += more.value;
        sums.square += more.square;
      }
      left_[static_cast<size_t>((static_cast<int64_t>(kernel) * b_blocks_ + bj) * a_.count() +
                                i)] += sums.value;
      squares_[kernel * tasks_.size() + task] += a_.weight(i) * sums.square;
    }
  }

  void keep_right(int64_t bi, int64_t column, int64_t columns, const TileBuffers<T>& buffers) {
    for (size_t kernel = 0; kernel < kernels_.size(); ++kernel) {
      double* right =
          right_.data() + (static_cast<int64_t>(kernel) * a_blocks_ + bi) * b_.count() + column;
      const T* from = buffers.right.data() + kernel * kTileColumns;
      for (int64_t j = 0; j < columns; ++j) right[j] += static_cast<double>(from[j]);
    }
  }

  void distances_of_row(int64_t i, int64_t column, int64_t columns, const T* product,
                        TileBuffers<T>& buffers) {
    const T own = static_cast<T>(a_.norm(i));
    const T* norms = buffers.norms.data();
    T* out = buffers.distance.data();
    if (!cpu::squared_distances(own, norms, product, near_, static_cast<size_t>(columns), out)) {
      return;
    }
    for (int64_t j = 0; j < columns; ++j) {
      // As it was asked: what is not near is not negative.
      if (out[j] < near_ * (own + norms[j])) {
        out[j] = static_cast<T>(exact_distance(a_.row(i), b_.row(column + j), a_.columns()));
      }
    }
  }

  const Points<T>& a_;
  const Points<T>& b_;
  bool same_;
  std::vector<cpu::PairKernel<T>> kernels_;
  T near_;  // where a distance is small beside norms, in sums of these
  bool distances_;
  int64_t block_ = 0;
  int64_t a_blocks_ = 0;
  int64_t b_blocks_ = 0;
  std::vector<Task> tasks_;
  std::vector<double> left_;   // (kernel, block of b, row of a)
  std::vector<double> right_;  // (kernel, block of a, row of b)
  std::vector<double> squares_;
};

double sum_of_squares(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// k(x, x) of every row.
template <typename T>
double mean_self(const Points<T>& points, const Kernel& kernel, double inverse) {
  if (kernel.form == Kernel::Form::gaussian) return 1;
  if (kernel.form == Kernel::Form::energy) return 0;
  double sum = 0;
  for (int64_t r = 0; r < points.count(); ++r) {
    const double base = kernel.slope * inverse * points.norm(r) + 1;
    sum += points.weight(r) * std::pow(base, kernel.degree);
  }
  return sum;
}

// The variance of sum w_i h_i for independent rows.
double variance_of_mean(std::span<const double> weights, std::span<const double> values) {
  const double mean = dot(weights, values);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double deviation = weights[i] * (values[i] - mean);
    sum += deviation * deviation;
  }
  return sum;
}

// What a sample's own pairs give. `pairs` is the sum of w_i w_j over i != j.
struct Within {
  double squared_weights, pairs, mean, mean_square, self;
  std::vector<double> row_means;  // over the partners of a row
};

template <typename T>
Within within(const Points<T>& points, const PairSums& sums, const Kernel& kernel, double inverse) {
  Within out{};
  out.squared_weights = sum_of_squares(points.weights());
  out.pairs = 1 - out.squared_weights;
  out.mean = dot(points.weights(), sums.left) / out.pairs;
  out.mean_square = sums.squares / out.pairs;
  out.self = mean_self(points, kernel, inverse);
  out.row_means = sums.left;
  for (int64_t r = 0; r < points.count(); ++r) {
    out.row_means[static_cast<size_t>(r)] /= 1 - points.weight(r);
  }
  return out;
}

template <typename T>
Discrepancy discrepancy(const Points<T>& x, const Points<T>& y, const PairSums& xx_sums,
                        const PairSums& yy_sums, const PairSums& xy, const Kernel& kernel,
                        double inverse) {
  const Within xx = within(x, xx_sums, kernel, inverse);
  const Within yy = within(y, yy_sums, kernel, inverse);
  const double cross = dot(x.weights(), xy.left);
  Discrepancy out;
  out.value = xx.mean + yy.mean - 2 * cross;
  out.biased = xx.mean * xx.pairs + yy.mean * yy.pairs - 2 * cross + xx.squared_weights * xx.self +
               yy.squared_weights * yy.self;
  out.self_excess = (xx.self - xx.mean + yy.self - yy.mean) / 2;

  // If both distributions are equal the estimate is a degenerate U-statistic: its variance is that
  // of the kernel with its row means taken out, E k^2 - 2 E (E k)^2 + (E k)^2, over the pairs. Each
  // sample gives it by itself, so that it stands where the samples are far apart.
  double centred = 0;
  for (const Within* each : {&xx, &yy}) {
    const auto& points = each == &xx ? x : y;
    double square_of_means = 0;  // E_x (E_y k)^2
    for (int64_t r = 0; r < points.count(); ++r) {
      const double row = each->row_means[static_cast<size_t>(r)];
      square_of_means += points.weight(r) * row * row;
    }
    centred += std::max(0.0, each->mean_square - 2 * square_of_means + each->mean * each->mean) / 2;
  }
  const double pairs = xx.squared_weights + yy.squared_weights;
  const double degenerate = 2 * centred * pairs * pairs;
  out.null_error = std::sqrt(degenerate);

  // Otherwise what each row adds on average dominates.
  std::vector<double> x_terms(xx.row_means);
  for (size_t i = 0; i < x_terms.size(); ++i) x_terms[i] = 2 * (x_terms[i] - xy.left[i]);
  std::vector<double> y_terms(yy.row_means);
  for (size_t i = 0; i < y_terms.size(); ++i) y_terms[i] = 2 * (y_terms[i] - xy.right[i]);
  // Estimated terms fluctuate with the degenerate part, which is taken out.
  const double linear =
      variance_of_mean(x.weights(), x_terms) + variance_of_mean(y.weights(), y_terms);
  out.error = std::sqrt(std::max(linear - degenerate, 0.0) + degenerate);
  return out;
}

template <typename T>
std::vector<Discrepancy> run(const Rows& generated, const Rows& reference, const Frame& frame,
                             std::span<const Kernel> kernels, Work& work) {
  const Points<T> x(generated, frame.centre, frame.factor);
  const Points<T> y(reference, frame.centre, frame.factor);
  const PairPass<T> xx(x, x, frame.factor, kernels, work);
  work.report(0.25);
  const PairPass<T> yy(y, y, frame.factor, kernels, work);
  work.report(0.5);
  const PairPass<T> xy(x, y, frame.factor, kernels, work);
  std::vector<Discrepancy> out;
  for (size_t kernel = 0; kernel < kernels.size(); ++kernel) {
    out.push_back(discrepancy(x, y, xx.sums(kernel), yy.sums(kernel), xy.sums(kernel),
                              kernels[kernel], 1 / (frame.factor * frame.factor)));
  }
  return out;
}

// Single precision serves when its error in the squared distance of rows of middling norm is a
// thousandth of what the kernels resolve. The error is that of a chain of roundings that do not
// know of each other, which grows with the root of their number (Higham and Mary, SIAM J. Sci.
// Comput. 41 (2019) A2815), with room to spare; sums over pairs average over it. With few columns
// double costs little.
bool single_precision(const Rows& x, const Rows& y, const Frame& frame,
                      std::span<const Kernel> kernels) {
  constexpr int64_t kManyColumns = 32;
  constexpr double kSpare = 8;
  if (x.columns < kManyColumns) return false;
  double norm = 0;
  for (const Rows* rows : {&x, &y}) {
    for (int64_t r = 0; r < rows->count; ++r) {
      norm += exact_distance(rows->row(r), frame.centre.data(), x.columns) /
              static_cast<double>(x.count + y.count);
    }
  }
  const double roundings = std::sqrt(static_cast<double>(x.columns));
  const double error = kSpare * distance_error<float>(x.columns) / roundings * 2 * norm;
  for (const Kernel& kernel : kernels) {
    if (kernel.form == Kernel::Form::gaussian && error > 1e-3 * kernel.width * kernel.width) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<Discrepancy> discrepancies(const Rows& generated, const Rows& reference,
                                       std::span<const Kernel> kernels, Work& work) {
  if (generated.count < 2 || reference.count < 2) {
    fail(Code::empty_data,
         "a sum over pairs of different rows needs at least 2 rows in each sample");
  }
  Frame frame = common_frame(generated, reference);
  const bool products = std::any_of(kernels.begin(), kernels.end(), [](const Kernel& each) {
    return each.form == Kernel::Form::polynomial;
  });
  // Inner products depend on the origin.
  if (products) std::fill(frame.centre.begin(), frame.centre.end(), 0.0);
  return single_precision(generated, reference, frame, kernels)
             ? run<float>(generated, reference, frame, kernels, work)
             : run<double>(generated, reference, frame, kernels, work);
}

double median_distance(const Rows& a, const Rows& b, uint64_t seed) {
  constexpr int64_t kMost = 1000;
  const std::vector<int64_t> chosen = choose_rows(a.count + b.count, kMost, seed, kMedianPairs);
  const auto row = [&](int64_t r) { return r < a.count ? a.row(r) : b.row(r - a.count); };
  std::vector<double> distances;
  distances.reserve(chosen.size() * (chosen.size() - 1) / 2);
  for (size_t i = 0; i < chosen.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      distances.push_back(exact_distance(row(chosen[i]), row(chosen[j]), a.columns));
    }
  }
  if (distances.empty()) return 1;
  const auto middle = distances.begin() + static_cast<int64_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle > 0 ? std::sqrt(*middle) : 1;
}

}  // namespace castalia::referee
