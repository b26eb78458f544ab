#include "models/adversarial/image_grids.h"

#include <algorithm>

#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// What leads from an axis of `fine` cells to one of `coarse`.
bool halved(int64_t fine, int64_t coarse) { return fine != coarse; }

Shape image_shape(int64_t rows, const Grid& grid, int64_t channels) {
  Shape shape{rows};
  for (const int64_t extent : grid) shape.push_back(extent);
  shape.push_back(channels);
  return shape;
}

}  // namespace

std::vector<Grid> grids_up_to(const Grid& shape, int64_t smallest) {
  std::vector<Grid> grids = {shape};
  while (*std::ranges::max_element(grids.back()) > smallest) {
    Grid coarse = grids.back();
    for (int64_t& extent : coarse) {
      if (extent > smallest) extent = (extent + 1) / 2;
    }
    grids.push_back(coarse);
  }
  std::ranges::reverse(grids);
  return grids;
}

ConvolutionOptions between_grids(const Grid& fine, const Grid& coarse, int64_t channels) {
  ConvolutionOptions options{.channels = channels};
  for (size_t axis = 0; axis < fine.size(); ++axis) {
    const bool by_two = halved(fine[axis], coarse[axis]);
    options.kernel.push_back(by_two ? 4 : 3);
    options.window.stride.push_back(by_two ? 2 : 1);
    options.window.padding_before.push_back(1);
    options.window.padding_after.push_back(by_two && fine[axis] % 2 != 0 ? 2 : 1);
  }
  return options;
}

Value pooled_to(Value images, const Grid& coarse) {
  const Grid fine = spatial_extents(images.shape());
  if (fine == coarse) return images;
  std::vector<int64_t> kernel;
  Window window;
  for (size_t axis = 0; axis < fine.size(); ++axis) {
    const bool by_two = halved(fine[axis], coarse[axis]);
    kernel.push_back(by_two ? 2 : 1);
    window.stride.push_back(by_two ? 2 : 1);
    window.padding_before.push_back(0);
    window.padding_after.push_back(by_two ? fine[axis] % 2 : 0);
  }
  return average_pool(images, kernel, window, PoolDivisor::inside);
}

Value enlarged_to(Value images, const Grid& fine) {
  const Grid coarse = spatial_extents(images.shape());
  std::vector<int64_t> factors;
  for (size_t axis = 0; axis < fine.size(); ++axis) {
    factors.push_back(halved(fine[axis], coarse[axis]) ? 2 : 1);
  }
  Value enlarged = upsample_nearest(images, factors);
  for (size_t axis = 0; axis < fine.size(); ++axis) {
    if (enlarged.shape()[static_cast<int>(axis) + 1] == fine[axis]) continue;
    enlarged = slice(enlarged, static_cast<int>(axis) + 1, 0, fine[axis]);
  }
  return enlarged;
}

Value as_images(Value rows, const Grid& grid) {
  int64_t places = 1;
  for (const int64_t extent : grid) places *= extent;
  return reshape(rows, image_shape(rows.rows(), grid, rows.columns() / places));
}

Value as_rows(Value images) {
  return reshape(images, Shape{images.rows(), images.shape().count(1, images.shape().rank())});
}

Value at_every_place(Value rows, const Grid& grid) {
  const Shape one = image_shape(rows.rows(), Grid(grid.size(), 1), rows.columns());
  return broadcast_to(reshape(rows, one), image_shape(rows.rows(), grid, rows.columns()));
}

}  // namespace castalia
