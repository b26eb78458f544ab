#include <cmath>
#include <limits>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// A column at the end of a path; 0 is none.
struct AssignmentPath {
  double length;
  int64_t column;
};

struct ShorterAssignmentPath {
  // The smaller column of equally long ones, or where lengths have overflowed.
  CASTALIA_ANYWHERE AssignmentPath operator()(const AssignmentPath& a,
                                              const AssignmentPath& b) const {
    if (a.column == 0 || b.column == 0) return a.column == 0 ? b : a;
    if (a.length < b.length) return a;
    if (b.length < a.length) return b;
    return a.column < b.column ? a : b;
  }
};

// A problem a block: shortest augmenting paths as in cpu.cc, with the columns shared out among the
// threads. Each keeps to its columns, so that only rows, row_of and before pass between them.
template <typename T>
struct AssignmentProblem {
  static constexpr size_t kBytesPerColumn = 3 * sizeof(double) + 3 * sizeof(int64_t);

  int64_t n;
  bool in_shared;
  size_t offset;  // otherwise, in the scratch memory

  CASTALIA_ANYWHERE static double price(T cost) {
    return std::isfinite(cost) ? static_cast<double>(cost) : 1e30;
  }

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* cost = operands.in<T>(0) + block.index * n * n;
    int64_t* column_of = operands.out<int64_t>(0) + block.index * n;
    const int64_t size = n + 1;
    auto* rows = reinterpret_cast<double*>(
        in_shared ? block.shared
                  : operands.memory<std::byte>(offset) +
                        block.index * size * static_cast<int64_t>(kBytesPerColumn));
    double* columns = rows + size;
    double* distance = columns + size;  // of a column from the tree of paths
    auto* row_of = reinterpret_cast<int64_t*>(distance + size);
    int64_t* before = row_of + size;  // the column before one on the shortest path
    int64_t* reached = before + size;
    block.each(size, [&](int64_t j) {
      rows[j] = 0;
      columns[j] = 0;
      row_of[j] = 0;
    });
    for (int64_t row = 1; row <= n; ++row) {
      block.sync();
      block.each(size, [&](int64_t j) {
        distance[j] = std::numeric_limits<double>::infinity();
        before[j] = 0;
        reached[j] = 0;
        if (j == 0) row_of[0] = row;
      });
      block.sync();
      int64_t column = 0;
      do {
        const int64_t at = row_of[column];
        AssignmentPath shortest{std::numeric_limits<double>::infinity(), 0};
        block.each(size, [&](int64_t j) {
          if (j == column) reached[j] = 1;
          if (j == 0 || reached[j] != 0) return;
          const double length = price(cost[(at - 1) * n + j - 1]) - rows[at] - columns[j];
          if (length < distance[j]) {
            distance[j] = length;
            before[j] = column;
          }
          shortest = ShorterAssignmentPath()(shortest, {distance[j], j});
        });
        shortest = block.reduce(shortest, ShorterAssignmentPath());
        block.sync();
        block.each(size, [&](int64_t j) {
          if (reached[j] != 0) {
            rows[row_of[j]] += shortest.length;
            columns[j] -= shortest.length;
          } else {
            distance[j] -= shortest.length;
          }
        });
        column = shortest.column;
        block.sync();
      } while (row_of[column] != 0);
      block.sync();
      if (block.thread() == 0) {
        while (column != 0) {
          row_of[column] = row_of[before[column]];
          column = before[column];
        }
      }
    }
    block.sync();
    block.each(n, [&](int64_t j) { column_of[row_of[j + 1] - 1] = j; });
  }
};

std::unique_ptr<Kernel> make_assignment_on_device(const KernelRequest& request, std::string*) {
  constexpr size_t kMostShared = 200 * 1024;
  auto kernel = cuda::kernel_for("assignment", request);
  const int64_t problems = request.inputs[0].shape[0];
  const int64_t n = request.inputs[0].shape[1];
  if (problems * n == 0) return kernel;
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    AssignmentProblem<T> body{n, true, 0};
    const size_t bytes = static_cast<size_t>(n + 1) * AssignmentProblem<T>::kBytesPerColumn;
    if (n <= 64) {
      kernel->blocks<32>(problems, bytes, body);
    } else if (n <= 512) {
      kernel->blocks<128>(problems, bytes, body);
    } else {
      body.in_shared = bytes <= kMostShared;
      if (!body.in_shared) body.offset = kernel->reserve(static_cast<size_t>(problems) * bytes);
      kernel->blocks<1024>(problems, body.in_shared ? bytes : 0, body);
    }
  });
  return kernel;
}

}  // namespace

void assignment_cuda_kernels(KernelTable& table) {
  table.add("assignment", {"cuda", make_assignment_on_device});
}

}  // namespace castalia
