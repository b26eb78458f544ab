// A critic of images by residual blocks.
#ifndef CASTALIA_MODELS_ADVERSARIAL_RESIDUAL_CRITIC_H_
#define CASTALIA_MODELS_ADVERSARIAL_RESIDUAL_CRITIC_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "models/adversarial/image_grids.h"

namespace castalia {

struct ResidualCriticOptions {
  std::vector<Grid> grids;  // from the coarsest on
  int64_t channels = 64;    // behind the first block; they double with each
  bool spectral = true;     // every layer is spectrally normalised
};

// The critic of BigGAN (arXiv:1809.11096) without attention: blocks of two convolutions of kernel
// three, each block halving the image, beside a convolution of kernel one; the sum over the cells
// that are left gives the score, (rows, 1), of images (rows, extents..., channels) on one of the
// grids. The product with a linear map of the condition, (rows, any) or null, is added to it
// (arXiv:1802.05637).
Value residual_critic(Trace& trace, Value images, Value condition,
                      const ResidualCriticOptions& options);

// A convolution of kernel one or three, which keeps the grid.
ConvolutionOptions on_grid(const Grid& grid, int64_t kernel, int64_t channels);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_RESIDUAL_CRITIC_H_
