#include "cpp/train/learner.h"

#include <cstring>

#include "cpp/nn/parameter_values.h"
#include "cpp/train/optimiser.h"

namespace castalia {

Learner::Learner(Side of, const ParameterTable& table, DType dtype, const void* values,
                 const TrainingOptions& options)
    : side(of) {
  const int64_t split = critic_begin(table);
  const bool critic = side == Side::critic;
  first = critic ? split : 0;
  count = critic ? table.count() - split : split;
  bytes = static_cast<size_t>(count) * size_of(dtype);
  turns = critic ? options.critic_steps : 1;
  rate = critic ? options.critic_rate : 1.0;
  keeps_mean = options.ema > 0 && !critic;
  const size_t padded = padded_bytes(bytes);
  for (AlignedBuffer* buffer : {&weights, &first_moment, &second_moment, &ema, &best}) {
    *buffer = AlignedBuffer(padded);
  }
  const auto* own =
      static_cast<const std::byte*>(values) + static_cast<size_t>(first) * size_of(dtype);
  for (AlignedBuffer* buffer : {&weights, &ema, &best}) std::memcpy(buffer->data(), own, bytes);
  if (options.optimiser == OptimiserKind::lbfgs || options.accumulate > 1) {
    gradient_sum = AlignedBuffer(padded);
  }
  const auto keep = [&](AlignedBuffer& buffer, const std::vector<double>& factors) {
    if (factors.empty()) return;
    buffer = AlignedBuffer(padded);
    write_values(
        buffer.data(), dtype,
        std::span(factors).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
  };
  keep(rate_factors, castalia::rate_factors(options, table));
  keep(decay_factors, castalia::decay_factors(options, table));
}

void* Learner::memory(const std::string& state) const {
  if (state == "first_moment") return first_moment.data();
  if (state == "second_moment") return second_moment.data();
  if (state == "ema") return ema.data();
  if (state == "gradient_sum") return gradient_sum.data();
  if (state == "rate_factors") return rate_factors.data();
  if (state == "decay_factors") return decay_factors.data();
  return nullptr;
}

double read_scalar(Workspace& workspace, const char* name) {
  return *static_cast<const double*>(workspace.output(name));
}

}  // namespace castalia
