#include "models/adversarial/calogan/shower_streams.h"

#include <string>

#include "cpp/base/text.h"
#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/minibatch.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kSlope = 0.3;  // of the leaky rectifiers below 0, as in the published networks
constexpr int64_t kResponseHidden = 64;

// Windows that keep the extents of an image.
const Window kSameByTwo = {.padding_before = {0}, .padding_after = {1}};
const Window kSameByThree = Window::padded({1});

// (rows, height, width, 1) of one layer, before the rectifier that makes it cells.
Value stream(Trace& trace, Value latent, const LayerGrid& grid,
             const std::vector<int64_t>& channels) {
  // Each locally connected layer takes away a row and a column.
  const int64_t margin = std::ssize(channels) - 1;
  const Shape first{latent.rows(), grid.height + margin, grid.width + margin, channels[0]};
  Value image = reshape(linear(trace, "dense", latent, first.count(1, first.rank())), first);
  image = convolution(trace, "convolution", image,
                      {.channels = channels[1], .kernel = {2, 2}, .window = kSameByTwo});
  for (size_t i = 2; i <= channels.size(); ++i) {
    const bool last = i == channels.size();
    image = locally_connected(trace, text("local_", i - 2), leaky_relu(image, kSlope),
                              {.channels = last ? 1 : channels[i], .kernel = {2, 2}});
  }
  return image;
}

// The image on another grid. Where the cells there are whole numbers of cells here their mean is
// taken; elsewhere, it is read at their centres.
Value resized(Value image, const LayerGrid& grid) {
  const auto factor = [](int64_t from, int64_t to) { return from % to == 0 ? from / to : 1; };
  const int64_t down = factor(image.shape()[1], grid.height);
  const int64_t across = factor(image.shape()[2], grid.width);
  if (down * across > 1) image = average_pool(image, {down, across});
  if (image.shape()[1] == grid.height && image.shape()[2] == grid.width) return image;
  return upsample_linear(image, {grid.height, grid.width});
}

Value blended(Trace& trace, Value own, Value before) {
  const Value share = sigmoid(locally_connected(trace, "attention", concat({own, before}, 3),
                                                {.channels = 1,
                                                 .kernel = {3, 3},
                                                 .window = kSameByThree,
                                                 .weight = Initializer::glorot_uniform}));
  return before + share * (own - before);
}

Value flat(Value images) {
  return reshape(images, Shape{images.rows(), images.shape().count(1, images.shape().rank())});
}

}  // namespace

GeneratedShower generate_shower(Trace& trace, Value latent, Value incident,
                                const ShowerGeneratorOptions& options) {
  const int64_t columns = latent.columns();
  const Value modulation = linear(trace, "energy", incident, 2 * columns);
  const Value conditioned = latent * (slice(modulation, 1, 0, columns) + 1.0) +
                            slice(modulation, 1, columns, 2 * columns);
  std::vector<Value> images;
  Value before;
  for (size_t i = 0; i < options.grids.size(); ++i) {
    const Trace::Part part(trace, text("layer_", i));
    Value image = stream(trace, conditioned, options.grids[i], options.channels);
    if (before && options.attention) {
      image = blended(trace, image, resized(before, options.grids[i]));
    }
    images.push_back(flat(relu(image)));
    before = image;
  }
  GeneratedShower shower{.coordinates = concat(images, 1), .response = {}};
  if (options.response) {
    const Trace::Part part(trace, "response");
    shower.response = mlp(
        trace, conditioned,
        {.hidden = kResponseHidden, .hidden_layers = 1, .outputs = 1, .activation = "leaky_relu"});
  }
  return shower;
}

Value criticise_shower(Trace& trace, Value view, Value incident,
                       const ShowerCriticOptions& options) {
  std::vector<Value> joined;
  int64_t first = 0;
  for (size_t i = 0; i < options.grids.size(); ++i) {
    const Trace::Part part(trace, text("layer_", i));
    const LayerGrid& grid = options.grids[i];
    Value image = reshape(slice(view, 1, first, first + grid.cells()),
                          Shape{view.rows(), grid.height, grid.width, 1});
    image = convolution(trace, "convolution", image,
                        {.channels = options.channels[0], .kernel = {2, 2}, .window = kSameByTwo});
    for (size_t j = 1; j < options.channels.size(); ++j) {
      image = locally_connected(
          trace, text("local_", j - 1), leaky_relu(image, kSlope),
          {.channels = options.channels[j], .kernel = {3, 3}, .window = kSameByThree});
    }
    joined.push_back(flat(leaky_relu(image, kSlope)));
    first += grid.cells();
  }
  joined.push_back(slice(view, 1, first, view.columns()));
  joined.push_back(incident);
  Value hidden = leaky_relu(linear(trace, "joined", concat(joined, 1), options.hidden), kSlope);
  if (options.minibatch_features > 0) {
    hidden = concat({hidden, minibatch_features(trace, hidden, options.minibatch_features)}, 1);
  }
  return linear(trace, "score", hidden, 1);
}

}  // namespace castalia
