#include "cpp/train/learner.h"

#include <cstring>

#include "cpp/nn/parameter_values.h"
#include "cpp/train/optimiser.h"

namespace castalia {

Learner::Learner(Side of, const ParameterTable& table, DType dtype, const void* values,
                 const TrainingOptions& options, const Device* device)
    : side(of) {
  const int64_t split = critic_begin(table);
  const bool critic = side == Side::critic;
  first = critic ? split : 0;
  count = critic ? table.count() - split : split;
  bytes = static_cast<size_t>(count) * size_of(dtype);
  turns = critic ? options.critic_steps : 1;
  rate = critic ? options.critic_rate : 1.0;
  keeps_mean = options.ema > 0 && !critic;
  for (StateMemory* buffer : {&weights, &first_moment, &second_moment, &ema, &best}) {
    *buffer = StateMemory(bytes, device);
  }
  const auto* own =
      static_cast<const std::byte*>(values) + static_cast<size_t>(first) * size_of(dtype);
  for (StateMemory* buffer : {&weights, &ema, &best}) std::memcpy(buffer->write(), own, bytes);
  if (options.optimiser == OptimiserKind::lbfgs || options.accumulate > 1) {
    gradient_sum = StateMemory(bytes, device);
  }
  const auto keep = [&](StateMemory& buffer, const std::vector<double>& factors) {
    if (factors.empty()) return;
    buffer = StateMemory(bytes, device);
    write_values(
        buffer.write(), dtype,
        std::span(factors).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
  };
  keep(rate_factors, castalia::rate_factors(options, table));
  keep(decay_factors, castalia::decay_factors(options, table));
}

StateMemory* Learner::memory(const std::string& state) {
  if (state == "first_moment") return &first_moment;
  if (state == "second_moment") return &second_moment;
  if (state == "ema") return &ema;
  if (state == "gradient_sum") return &gradient_sum;
  if (state == "rate_factors") return &rate_factors;
  if (state == "decay_factors") return &decay_factors;
  return nullptr;
}

double read_scalar(Workspace& workspace, const char* name) {
  return *static_cast<const double*>(workspace.output(name));
}

}  // namespace castalia
