#include <vector>

#include "bench/networks/tasks.h"
#include "cpp/base/philox.h"
#include "models/model.h"

namespace castalia::bench {
namespace {

constexpr uint64_t kSeed = 1;

class InverseFlow final : public Task {
 public:
  InverseFlow(int64_t batch, int threads)
      : model_(Model::create("autoregressive_flow",
                             R"({"features": 504, "context_features": 1, "layers": 8,
                                 "hidden": 378, "bins": 8, "degrees": "cyclic",
                                 "direction": "inverse"})")),
        threads_(threads),
        x_(static_cast<size_t>(batch * model_->features())) {
    std::vector<double> data(static_cast<size_t>(64 * model_->features()));
    fill_normal(Stream{kSeed, 0, 1, 0}, data);
    std::vector<double> context(64);
    fill_normal(Stream{kSeed, 0, 2, 0}, context);
    model_->fit_preprocessing(data, context);
    std::vector<double> weights(static_cast<size_t>(parameters()));
    fill_normal(Stream{kSeed, 0, 3, 0}, weights);
    for (double& weight : weights) weight *= 0.1;  // as bench/interface/model_tasks.cc has them
    model_->set_parameter_values(weights);
  }

  void run() override {
    model_->sample(kSeed, first_event_, condition_, x_, threads_);
    first_event_ += x_.size() / static_cast<size_t>(model_->features());
  }
  int64_t parameters() const override { return model_->parameter_table().count(); }
  double check() const override {
    double total = 0;
    for (const double x : x_) total += x;
    return total;
  }

 private:
  std::shared_ptr<Model> model_;
  int threads_;
  uint64_t first_event_ = 0;
  std::vector<double> condition_{0.0};
  std::vector<double> x_;
};

}  // namespace

std::unique_ptr<Task> make_inverse_flow(const Request& request, int threads) {
  return std::make_unique<InverseFlow>(request.batch, threads);
}

}  // namespace castalia::bench
