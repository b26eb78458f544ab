#include "cpp/nn/batch_norm.h"

#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kShareOfBatch = 0.1;  // in the running statistics

Value normalised(Trace& trace, Value x, Value scale, Value bias, bool keeps_statistics) {
  if (!keeps_statistics) return batch_norm(x, scale, bias).y;
  const Shape channels{x.columns()};
  const Value mean = trace.statistic("running_mean", channels, Initializer::zeros);
  const Value variance = trace.statistic("running_variance", channels, Initializer::ones);
  if (!trace.training) return batch_norm_inference(x, scale, bias, mean, variance);
  const BatchNorm of_batch = batch_norm(x, scale, bias);
  const auto moved = [](Value running, Value batch) {
    return running + kShareOfBatch * (batch - running);
  };
  trace.update("running_mean", moved(mean, of_batch.mean));
  trace.update("running_variance", moved(variance, of_batch.variance));
  return of_batch.y;
}

}  // namespace

Value batch_norm(Trace& trace, const std::string& name, Value x, const BatchNormOptions& options) {
  const Trace::Part part(trace, name);
  const Shape channels{x.columns()};
  if (!options.condition) {
    const Value scale = trace.parameter("scale", channels, Initializer::ones);
    const Value bias = trace.parameter("bias", channels, Initializer::zeros);
    return normalised(trace, x, scale, bias, options.keeps_statistics);
  }
  const auto all = [&](double value) {
    return broadcast_to(trace.graph().scalar(value, x.dtype()), channels);
  };
  const Value y = normalised(trace, x, all(1), all(0), options.keeps_statistics);
  return modulated(y, linear(trace, "film", options.condition, 2 * x.columns()));
}

}  // namespace castalia
