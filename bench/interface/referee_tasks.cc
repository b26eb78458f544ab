#include "bench/interface/referee_tasks.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "bench/interface/handles.h"
#include "capi/castalia.h"

namespace castalia::bench {
namespace {

constexpr int64_t kCells = 504;
constexpr uint64_t kSeed = 1;

struct Evaluation {
  std::string metric;
  std::string options = {};
};

// What compares two samples and needs nothing else.
const std::vector<Evaluation> kEverything = {
    {"kolmogorov_smirnov"},
    {"wasserstein"},
    {"chi_square"},
    {"separation_power"},
    {"binned_divergence"},
    {"sliced_wasserstein"},
    {"energy_distance"},
    {"mmd"},
    {"manifold"},
    {"neighbour_divergence"},
    {"frechet_distance"},
    {"frechet_physics_distance"},
    {"kernel_physics_distance"},
    {"optimal_transport"},
    {"sinkhorn"},
};

std::string options_of(const std::string& metric) {
  if (metric == "frechet_physics_distance") return R"({"points": 4, "batches": 5})";
  if (metric == "kernel_physics_distance") return R"({"batches": 2})";
  if (metric == "optimal_transport") return R"({"batches": 2})";
  if (metric == "sinkhorn") return R"({"batches": 2})";
  return {};
}

class Evaluate final : public Task {
 public:
  Evaluate(std::vector<Evaluation> evaluations, int64_t rows, int threads)
      : evaluations_(std::move(evaluations)), rows_(rows) {
    require(castalia_context_create(context_.out()));
    require(castalia_context_set_threads(context_, threads, threads));
    const char* folder = std::getenv("CASTALIA_BENCH_SHOWERS");
    if (folder == nullptr) throw std::runtime_error("CASTALIA_BENCH_SHOWERS is not set");
    read(std::string(folder) + "/generated", generated_);
    read(std::string(folder) + "/reference", reference_);
  }

  void run() override {
    total_ = 0;
    for (const Evaluation& each : evaluations_) {
      Config options;
      require(castalia_config_create(options.out()));
      if (!each.options.empty()) require(castalia_config_set_json(options, each.options.c_str()));
      double value = 0;
      require(castalia_evaluate(context_, each.metric.c_str(), generated_, reference_, nullptr,
                                options, kSeed, nullptr, nullptr, &value, nullptr, nullptr, nullptr,
                                nullptr));
      total_ += value;
    }
  }
  // Numbers that are compared: a metric has no parameters.
  int64_t parameters() const override { return 2 * rows_ * kCells; }
  double check() const override { return total_; }

 private:
  void read(const std::string& path, Dataset& out) {
    std::vector<float> values(static_cast<size_t>(rows_ * kCells));
    std::ifstream in(path, std::ios::binary);
    in.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
    if (!in) throw std::runtime_error(path + " does not hold so many showers");
    const int64_t shape[] = {rows_, kCells};
    castalia_array view;
    require(castalia_array_dense(values.data(), CASTALIA_FLOAT32, 2, shape, &view));
    require(castalia_dataset_create(context_, &view, nullptr, nullptr, out.out()));
  }

  std::vector<Evaluation> evaluations_;
  int64_t rows_;
  Context context_;
  Dataset generated_, reference_;
  double total_ = 0;
};

}  // namespace

std::unique_ptr<Task> make_referee_task(const Request& request, int threads) {
  std::vector<Evaluation> evaluations = {{request.mode, options_of(request.mode)}};
  if (request.mode == "everything") evaluations = kEverything;
  return std::make_unique<Evaluate>(std::move(evaluations), request.batch, threads);
}

}  // namespace castalia::bench
