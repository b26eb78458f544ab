// The two networks of CaloGAN (arXiv:1712.10321): a stream of images for each layer of the
// calorimeter, as in LAGAN (arXiv:1701.05927), and what joins the streams.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_STREAMS_H_
#define CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_STREAMS_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// A layer of the calorimeter: its cells are an image, row after row.
struct LayerGrid {
  int64_t height;
  int64_t width;
  int64_t cells() const { return height * width; }
};

struct ShowerGeneratorOptions {
  std::vector<LayerGrid> grids;
  // Of the image that the latent variables make, of the convolution after it, and of the locally
  // connected layers before the last one, which makes the cells.
  std::vector<int64_t> channels;
  bool attention = true;
  bool response = true;
};

struct GeneratedShower {
  Value coordinates;  // (rows, cells of all layers), 0 or above
  Value response;     // (rows, 1), standardised; null unless asked for
};

// From latent variables (rows, latent) and the standardised incident energy (rows, 1), which scales
// and shifts each of them. A row depends on nothing but its own, so there is no normalisation by
// batch. With attention every image behind the first is blended with the one before it, resized:
// the share of either in a cell comes from the neighbourhood of that cell in both, by weights of
// the cell's own.
GeneratedShower generate_shower(Trace& trace, Value latent, Value incident,
                                const ShowerGeneratorOptions& options);

struct ShowerCriticOptions {
  std::vector<LayerGrid> grids;
  std::vector<int64_t>
      channels;          // of the convolution, and of the locally connected layers after it
  int64_t hidden = 256;  // units that read all streams and the observables
  int64_t minibatch_features = 0;
};

// A score, (rows, 1), from what ShowerView::of() gives and the standardised incident energy.
Value criticise_shower(Trace& trace, Value view, Value incident,
                       const ShowerCriticOptions& options);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_CALOGAN_SHOWER_STREAMS_H_
