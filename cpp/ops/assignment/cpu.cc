#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

// Shortest augmenting paths with potentials (Jonker and Volgenant, Computing 38 (1987) 325). Rows
// and columns are counted from 1; 0 stands for none.
template <typename T>
class AssignmentKernel : public Kernel {
 public:
  explicit AssignmentKernel(const KernelRequest& request)
      : problems_(request.inputs[0].shape[0]), n_(request.inputs[0].shape[1]) {}

  int64_t tiles() const override { return problems_; }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(n_ + 1) * (3 * sizeof(double) + 3 * sizeof(int64_t));
  }
  double flops() const override {  // at most
    const auto n = static_cast<double>(n_);
    return 3 * n * n * n * static_cast<double>(problems_);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    for (int64_t problem = first; problem < last; ++problem) {
      solve(static_cast<const T*>(arguments.inputs[0]) + problem * n_ * n_,
            static_cast<int64_t*>(arguments.outputs[0]) + problem * n_, arguments.scratch);
    }
  }

 private:
  void solve(const T* cost, int64_t* column_of, std::byte* scratch) const {
    const int64_t size = n_ + 1;
    auto* rows = reinterpret_cast<double*>(scratch);  // potentials
    double* columns = rows + size;
    double* distance = columns + size;  // of a column from the tree of paths
    auto* row_of = reinterpret_cast<int64_t*>(distance + size);
    int64_t* before = row_of + size;  // the column before one on the shortest path
    int64_t* reached = before + size;
    std::fill_n(rows, 2 * size, 0.0);
    std::fill_n(row_of, size, 0);
    for (int64_t row = 1; row <= n_; ++row) {
      row_of[0] = row;
      std::fill_n(distance, size, std::numeric_limits<double>::infinity());
      std::fill_n(before, 2 * size, 0);
      int64_t column = 0;
      do {
        reached[column] = 1;
        const int64_t at = row_of[column];
        double least = std::numeric_limits<double>::infinity();
        int64_t next = 0;
        for (int64_t j = 1; j <= n_; ++j) {
          if (reached[j] != 0) continue;
          const double length = price(cost[(at - 1) * n_ + j - 1]) - rows[at] - columns[j];
          if (length < distance[j]) {
            distance[j] = length;
            before[j] = column;
          }
          if (next == 0 || distance[j] < least) {  // some column, even if all sums overflow
            least = distance[j];
            next = j;
          }
        }
        for (int64_t j = 0; j <= n_; ++j) {
          if (reached[j] != 0) {
            rows[row_of[j]] += least;
            columns[j] -= least;
          } else {
            distance[j] -= least;
          }
        }
        column = next;
      } while (row_of[column] != 0);
      while (column != 0) {
        row_of[column] = row_of[before[column]];
        column = before[column];
      }
    }
    for (int64_t j = 1; j <= n_; ++j) column_of[row_of[j] - 1] = j - 1;
  }

  static double price(T cost) { return std::isfinite(cost) ? static_cast<double>(cost) : 1e30; }

  int64_t problems_;
  int64_t n_;
};

std::unique_ptr<Kernel> create_assignment(const KernelRequest& request, std::string*) {
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<AssignmentKernel<float>>(request);
  }
  return std::make_unique<AssignmentKernel<double>>(request);
}

}  // namespace

void assignment_kernels(KernelTable& table) {
  table.add("assignment", {"paths", create_assignment});
}

}  // namespace castalia
