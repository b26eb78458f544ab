#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "bench/networks/part.h"
#include "bench/networks/tasks.h"
#include "cpp/base/philox.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "models/evaluation.h"

namespace castalia::bench {
namespace {

constexpr int64_t kLatent = 64;
constexpr int64_t kVoxels = 504;

Value generator(Trace& trace, Value z) {
  z = relu(linear(trace, "linear_0", z, 256));
  z = relu(linear(trace, "linear_1", z, 512));
  return linear(trace, "linear_2", z, kVoxels);
}

Value latent(Trace& trace, int64_t rows) {
  return trace.graph().input("z", {DType::float32, {rows, kLatent}});
}

// Computed as a model of the catalogue is (models/evaluation.cc): tiles of kTileRows rows, which
// threads take whole. A single tile is computed by all threads together.
class Generator final : public Task {
 public:
  Generator(int64_t rows, int threads)
      : rows_(rows),
        tile_rows_(std::min(rows, kTileRows)),
        part_([](Trace& trace) { generator(trace, latent(trace, 1)); }),
        pool_(threads),
        latent_(static_cast<size_t>(rows * kLatent)),
        voxels_(static_cast<size_t>(rows * kVoxels)) {
    fill_normal(Stream{1, 0, 1, 0}, latent_);
    std::shared_ptr<const Program> program = compiled();
    const bool together = rows <= kTileRows;
    for (int i = 0; i < (together ? 1 : threads); ++i) {
      workspaces_.emplace_back(program, together ? threads : 1);
      part_.bind(workspaces_.back());
      workspaces_.back().prepare(operands_);
    }
  }

  void run() override {
    if (workspaces_.size() == 1 && rows_ <= tile_rows_) {
      run_tile(workspaces_[0], 0, &pool_);
      return;
    }
    const int64_t tiles = (rows_ + tile_rows_ - 1) / tile_rows_;
    pool_.run(tiles, [this](int64_t first, int64_t last, int thread) {
      for (int64_t tile = first; tile < last; ++tile) {
        run_tile(workspaces_[static_cast<size_t>(thread)], tile, nullptr);
      }
    });
  }

  int64_t parameters() const override { return part_.parameters(); }
  double check() const override { return std::accumulate(voxels_.begin(), voxels_.end(), 0.0); }

 private:
  std::shared_ptr<const Program> compiled() {
    Graph graph;
    Trace trace = part_.trace(graph);
    graph.output("x", generator(trace, latent(trace, tile_rows_)));
    return compile(graph, {.states_fixed = true});
  }

  // A last tile with fewer rows leaves those of an earlier one behind them.
  void run_tile(Workspace& workspace, int64_t tile, ThreadPool* pool) {
    const int64_t first = tile * tile_rows_;
    const auto rows = static_cast<size_t>(std::min(tile_rows_, rows_ - first));
    std::memcpy(workspace.input("z"), &latent_[static_cast<size_t>(first * kLatent)],
                rows * kLatent * sizeof(float));
    workspace.run(pool);
    std::memcpy(&voxels_[static_cast<size_t>(first * kVoxels)], workspace.output("x"),
                rows * kVoxels * sizeof(float));
  }

  int64_t rows_;
  int64_t tile_rows_;
  Part part_;
  ThreadPool pool_;
  PreparedOperands operands_;
  std::vector<Workspace> workspaces_;
  std::vector<float> latent_, voxels_;
};

}  // namespace

std::unique_ptr<Task> make_generator(const Request& request, int threads) {
  return std::make_unique<Generator>(request.batch, threads);
}

}  // namespace castalia::bench
