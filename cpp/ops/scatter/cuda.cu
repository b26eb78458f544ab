#include <limits>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/ops/sort_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// Lines along the axis: line o * inner + k.
struct ScatterLines {
  int64_t given;
  int64_t extent;
  int64_t inner;

  CASTALIA_ANYWHERE int64_t input(int64_t line, int64_t place) const {
    return (line / inner * given + place) * inner + line % inner;
  }
};

// Few elements: a thread looks through the indices of its line.
template <typename T, typename I>
struct ScatterBySearch {
  ScatterLines lines;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t k = index % lines.inner;
    const int64_t place = index / lines.inner % lines.extent;
    const int64_t line = index / lines.inner / lines.extent * lines.inner + k;
    double total = 0;
    for (int64_t j = 0; j < lines.given; ++j) {
      const int64_t at = lines.input(line, j);
      if (operands.in<I>(1)[at] == place) total += static_cast<double>(operands.in<T>(0)[at]);
    }
    operands.out<T>(0)[index] = static_cast<T>(total);
  }
};

// Many: they are sorted by their targets, those of one target by their places. Targets that do not
// exist become the extent.
template <typename I>
struct ScatterTargets {
  using Entry = uint64_t;

  ScatterLines lines;

  CASTALIA_ANYWHERE Entry entry(const cuda::Operands& operands, int64_t line, int64_t place) const {
    const int64_t target = operands.in<I>(1)[lines.input(line, place)];
    const int64_t key = target >= 0 && target < lines.extent ? target : lines.extent;
    return static_cast<uint64_t>(key) << 32 | static_cast<uint64_t>(place);
  }
  static CASTALIA_ANYWHERE Entry last(int64_t place) {
    return uint64_t{0xffffffff} << 32 | static_cast<uint64_t>(place);
  }
};

template <typename T>
struct ScatterSorted {
  ScatterLines lines;
  size_t offset;  // of the sorted entries in the scratch memory

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t k = index % lines.inner;
    const int64_t place = index / lines.inner % lines.extent;
    const int64_t line = index / lines.inner / lines.extent * lines.inner + k;
    const auto* entries = operands.memory<uint64_t>(offset) + line * lines.given;
    const auto target = static_cast<uint64_t>(place);
    int64_t first = 0;
    int64_t left = lines.given;
    while (left > 0) {
      const int64_t half = left / 2;
      if (entries[first + half] >> 32 < target) {
        first += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    double total = 0;
    for (; first < lines.given && entries[first] >> 32 == target; ++first) {
      const auto from = static_cast<int64_t>(entries[first] & 0xffffffff);
      total += static_cast<double>(operands.in<T>(0)[lines.input(line, from)]);
    }
    operands.out<T>(0)[index] = static_cast<T>(total);
  }
};

std::unique_ptr<Kernel> make_scatter_on_device(const KernelRequest& request, std::string*) {
  constexpr int64_t kFew = 128;
  constexpr int64_t kMostSorted = std::numeric_limits<uint32_t>::max();
  auto kernel = cuda::kernel_for("scatter", request);
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const ScatterLines lines{x[axis], request.attributes.integer("extent"),
                           x.count(axis + 1, x.rank())};
  const int64_t count = request.outputs[0].shape.count();
  if (count == 0) return kernel;
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::with_index_type(request.inputs[1].dtype, [&]<typename I>() {
      if (lines.given <= kFew || lines.given >= kMostSorted || lines.extent >= kMostSorted) {
        kernel->each(count, ScatterBySearch<T, I>{lines});
        return;
      }
      const size_t sorted = kernel->reserve(static_cast<size_t>(x.count()) * sizeof(uint64_t));
      cuda::add_sort(*kernel, x.count(0, axis) * lines.inner, lines.given, ScatterTargets<I>{lines},
                     cuda::StoreEntry<uint64_t>{sorted, lines.given});
      kernel->each(count, ScatterSorted<T>{lines, sorted});
    });
  });
  return kernel;
}

}  // namespace

void scatter_cuda_kernels(KernelTable& table) {
  table.add("scatter", {"cuda", make_scatter_on_device});
}

}  // namespace castalia
