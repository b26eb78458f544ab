#include "models/adversarial/residual_critic.h"

#include <algorithm>
#include <string>

#include "cpp/base/text.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/convolution.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/image_critic.h"

namespace castalia {

Value residual_critic(Trace& trace, Value images, Value condition,
                      const ResidualCriticOptions& options) {
  const Grid finest = spatial_extents(images.shape());
  const auto first = std::ranges::find(options.grids, finest) - options.grids.begin();
  for (int64_t i = 0; i < first; ++i) {
    const Trace::Part part(trace, text("block_", i));
    const Grid& fine = options.grids[static_cast<size_t>(first - i)];
    const Grid& coarse = options.grids[static_cast<size_t>(first - i - 1)];
    const auto layer = [&](const char* name, Value x, int64_t kernel) {
      ConvolutionOptions same = on_grid(fine, kernel, image_channels(options.channels, i + 1));
      same.bias = kernel > 1;  // that of conv_1 is enough
      same.spectral = options.spectral;
      return convolution(trace, name, x, same);
    };
    // The first block sees the cells as they are.
    const Value hidden = layer("conv_0", i == 0 ? images : relu(images), 3);
    images = pooled_to(layer("conv_1", relu(hidden), 3) + layer("skip", images, 1), coarse);
  }
  std::vector<int64_t> places;
  for (int axis = 1; axis + 1 < images.shape().rank(); ++axis) places.push_back(axis);
  const Value hidden = sum(relu(images), places, false);
  const ConditionedMlpOptions last{.conditioning = "projection", .spectral = options.spectral};
  const Value score = conditioned_linear(trace, "score", hidden, 1, last);
  return condition ? score + projected(trace, hidden, condition, last) : score;
}

ConvolutionOptions on_grid(const Grid& grid, int64_t kernel, int64_t channels) {
  return {.channels = channels,
          .kernel = Grid(grid.size(), kernel),
          .window = Window::padded({kernel / 2})};
}

}  // namespace castalia
