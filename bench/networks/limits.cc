#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/ops/ops.h"

namespace castalia::bench {
namespace {

class Triad final : public Task {
 public:
  Triad(int64_t bytes, int threads)
      : count_(std::max<int64_t>(bytes / (3 * static_cast<int64_t>(sizeof(float))), 1)),
        pool_(threads),
        a_(size()),
        b_(size()),
        c_(size()) {}

  void run() override {
    constexpr int64_t kTile = 4096;
    pool_.run((count_ + kTile - 1) / kTile, [this](int64_t first, int64_t last, int) {
      float* const __restrict a = values(a_);
      const float* const __restrict b = values(b_);
      const float* const __restrict c = values(c_);
      const int64_t end = std::min(last * kTile, count_);
      for (int64_t i = first * kTile; i < end; ++i) a[i] = b[i] + 3.0F * c[i];
    });
  }
  int64_t parameters() const override { return count_; }
  double check() const override { return values(a_)[0]; }

 private:
  size_t size() const { return static_cast<size_t>(count_) * sizeof(float); }
  static float* values(const AlignedBuffer& buffer) {
    return reinterpret_cast<float*>(buffer.data());
  }

  int64_t count_;
  ThreadPool pool_;
  AlignedBuffer a_, b_, c_;
};

// Reads at the speed of the C library, which uses the widest loads that the processor has.
class Read final : public Task {
 public:
  Read(int64_t bytes, int threads)
      : count_(std::max<int64_t>(bytes / 2, 1)), pool_(threads), a_(size()), b_(size()) {}

  void run() override {
    constexpr int64_t kTile = 16384;
    pool_.run((count_ + kTile - 1) / kTile, [this](int64_t first, int64_t last, int) {
      const int64_t start = first * kTile;
      const auto length = static_cast<size_t>(std::min(last * kTile, count_) - start);
      if (std::memcmp(a_.data() + start, b_.data() + start, length) != 0) equal_ = false;
    });
  }
  int64_t parameters() const override { return count_; }
  double check() const override { return equal_ ? 0 : std::numeric_limits<double>::quiet_NaN(); }

 private:
  size_t size() const { return static_cast<size_t>(count_); }

  int64_t count_;
  ThreadPool pool_;
  AlignedBuffer a_, b_;
  std::atomic<bool> equal_{true};
};

}  // namespace

std::unique_ptr<Task> make_limit(const Request& request, int threads) {
  if (request.mode == "read") return std::make_unique<Read>(request.batch, threads);
  if (request.mode == "triad") return std::make_unique<Triad>(request.batch, threads);
  if (request.mode != "product") throw std::invalid_argument("no limit " + request.mode);
  const int64_t n = request.batch;
  Graph graph;
  const TensorType square_matrix{DType::float32, {n, n}};
  const Value a = graph.input("a", square_matrix);
  const Value b = graph.input("b", square_matrix);
  graph.output("check", matmul(a, b));
  return std::make_unique<ProgramTask>(graph, threads);
}

}  // namespace castalia::bench
