#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/segment_reduction_cuda.h"

namespace castalia {
namespace {

// 0 of no elements.
template <typename T>
struct SegmentMaxOnDevice {
  struct State {
    T largest;
    int32_t seen;
  };
  using Element = T;
  using Result = T;

  static CASTALIA_ANYWHERE State identity() { return {0, 0}; }
  static CASTALIA_ANYWHERE void take(State& state, T element, int64_t) {
    state = merge(state, {element, 1});
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) {
    if (a.seen == 0 || b.seen == 0) return a.seen == 0 ? b : a;
    return b.largest > a.largest || b.largest != b.largest ? b : a;
  }
  static CASTALIA_ANYWHERE T result(const State& state) { return state.largest; }
};

}  // namespace

void segment_max_cuda_kernels(KernelTable& table) {
  table.add("segment_max", {"cuda", [](const KernelRequest& request, std::string*) {
                              return cuda::make_segment_reduction<SegmentMaxOnDevice>("segment_max",
                                                                                      request);
                            }});
}

}  // namespace castalia
