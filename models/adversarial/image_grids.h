// The sizes of an image on its way from a few cells to all of them, and back.
#ifndef CASTALIA_MODELS_ADVERSARIAL_IMAGE_GRIDS_H_
#define CASTALIA_MODELS_ADVERSARIAL_IMAGE_GRIDS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/convolution.h"

namespace castalia {

// The extents of the spatial axes.
using Grid = std::vector<int64_t>;

// From the coarsest grid to that of this shape. Going down, every axis with more than `smallest`
// cells is halved, rounding up, until none has.
std::vector<Grid> grids_up_to(const Grid& shape, int64_t smallest);

// The convolution that leads from a grid to the coarser one below it, and whose transpose leads
// back: along an axis that is halved a kernel of four with stride two, else one of three. An odd
// extent has one more cell of padding behind.
ConvolutionOptions between_grids(const Grid& fine, const Grid& coarse, int64_t channels);

// Images (rows, extents..., channels) on the coarser grid and back. Down, the cells that come
// together are replaced by their mean; up, every cell is repeated.
Value pooled_to(Value images, const Grid& coarse);
Value enlarged_to(Value images, const Grid& fine);

// (rows, columns) as images of that grid, and back.
Value as_images(Value rows, const Grid& grid);
Value as_rows(Value images);
// The row of numbers at every place: (rows, columns) to (rows, extents..., columns).
Value at_every_place(Value rows, const Grid& grid);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_IMAGE_GRIDS_H_
