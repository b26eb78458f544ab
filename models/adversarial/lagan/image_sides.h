// The two networks of LAGAN (arXiv:1701.05927): images by layers whose weights are other ones at
// every place.
#ifndef CASTALIA_MODELS_ADVERSARIAL_LAGAN_IMAGE_SIDES_H_
#define CASTALIA_MODELS_ADVERSARIAL_LAGAN_IMAGE_SIDES_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

struct ImageShape {
  int64_t height;
  int64_t width;
  int64_t pixels() const { return height * width; }
};

inline constexpr int64_t kLeastImageExtent = 4;  // of both sides

// Pixels, (rows, pixels), 0 or above, from latent variables (rows, latent) and a condition, null
// where there is none. A linear map of the condition scales the latent variables one by one: for a
// class, which is a row of ones and zeros, that is the published product with an embedding. It
// shifts them, too: of variables that are as often above 0 as below, a scale alone tells little.
// Then a dense layer, a convolution of 5 x 5 and locally connected layers of 5 x 5, 3 x 3 and 2 x
// 2, with an enlargement by two behind each of the first two; the last has no bias and is
// rectified.
// `channels` are those of the four images before the last. A row depends on nothing but its own, so
// there is no normalisation by batch.
Value generate_image(Trace& trace, Value latent, Value condition, const ImageShape& shape,
                     const std::vector<int64_t>& channels);

// What a critic knows of images, (rows, any): a convolution of 5 x 5, then locally connected layers
// of 5 x 5 with a stride of two, 5 x 5 and 3 x 3, means over 2 x 2, and, unless their number is 0,
// measures of how close an image is to the others of its batch (arXiv:1606.03498). `channels` are
// those of the four layers.
Value image_features(Trace& trace, Value pixels, const ImageShape& shape,
                     const std::vector<int64_t>& channels, int64_t of_minibatch);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_LAGAN_IMAGE_SIDES_H_
