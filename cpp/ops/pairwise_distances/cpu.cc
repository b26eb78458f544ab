#include <algorithm>

#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/distances.h"

namespace castalia {
namespace {

// Many pairs of sets.
struct DistanceSets {
  int64_t count;
  cpu::PointSets sets;

  explicit DistanceSets(const KernelRequest& request) {
    const Shape& x = request.inputs[0].shape;
    count = x.count(0, x.rank() - 2);
    sets = {.n = static_cast<size_t>(x[x.rank() - 2]),
            .m = static_cast<size_t>(request.inputs[1].shape[x.rank() - 2]),
            .features = static_cast<size_t>(x.back()),
            .squared = request.attributes.integer("squared") != 0};
  }
  double differences() const {
    return static_cast<double>(count) * static_cast<double>(sets.n * sets.m * sets.features);
  }
};

// A tile is the distances from some points of x in one set, so that points of y are loaded for all
// of them.
template <typename T>
class DistanceKernel : public Kernel {
 public:
  explicit DistanceKernel(const DistanceSets& all)
      : all_(all),
        tiles_per_set_(static_cast<int64_t>((all.sets.n + kPointsInTile - 1) / kPointsInTile)) {}

  int64_t tiles() const override { return all_.count * tiles_per_set_; }
  size_t scratch_bytes() const override { return cpu::distances_scratch_bytes(all_.sets); }
  double flops() const override { return 3.0 * all_.differences(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const cpu::PointSets& sets = all_.sets;
    for (int64_t tile = first; tile < last; ++tile) {
      const auto set = static_cast<size_t>(tile / tiles_per_set_);
      const size_t begin = static_cast<size_t>(tile % tiles_per_set_) * kPointsInTile;
      const T* x = static_cast<const T*>(arguments.inputs[0]) + set * sets.n * sets.features;
      const T* y = static_cast<const T*>(arguments.inputs[1]) + set * sets.m * sets.features;
      T* out = static_cast<T*>(arguments.outputs[0]) + (set * sets.n + begin) * sets.m;
      cpu::distances(sets, x, y, begin, std::min(sets.n, begin + kPointsInTile), out,
                     arguments.scratch);
    }
  }

 private:
  static constexpr size_t kPointsInTile = 32;

  DistanceSets all_;
  int64_t tiles_per_set_;
};

// A tile is one set.
template <typename T>
class DistanceGradientKernel : public Kernel {
 public:
  explicit DistanceGradientKernel(const DistanceSets& all) : all_(all) {}

  int64_t tiles() const override { return all_.count; }
  size_t scratch_bytes() const override { return cpu::distances_gradient_scratch_bytes(all_.sets); }
  double flops() const override { return 7.0 * all_.differences(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const cpu::PointSets& sets = all_.sets;
    for (auto set = static_cast<size_t>(first); set < static_cast<size_t>(last); ++set) {
      const size_t x = set * sets.n * sets.features;
      const size_t y = set * sets.m * sets.features;
      cpu::distances_gradient(sets, static_cast<const T*>(arguments.inputs[0]) + x,
                              static_cast<const T*>(arguments.inputs[1]) + y,
                              static_cast<const T*>(arguments.inputs[2]) + set * sets.n * sets.m,
                              static_cast<T*>(arguments.outputs[0]) + x,
                              static_cast<T*>(arguments.outputs[1]) + y, arguments.scratch);
    }
  }

 private:
  DistanceSets all_;
};

template <template <typename> class K>
std::unique_ptr<Kernel> create_distances(const KernelRequest& request, std::string*) {
  const DistanceSets sets(request);
  if (request.inputs[0].dtype == DType::float32) return std::make_unique<K<float>>(sets);
  return std::make_unique<K<double>>(sets);
}

}  // namespace

void pairwise_distances_kernels(KernelTable& table) {
  table.add("pairwise_distances", {"highway", create_distances<DistanceKernel>});
  table.add("gradient(pairwise_distances)", {"highway", create_distances<DistanceGradientKernel>});
}

}  // namespace castalia
