#include "models/adversarial/lagan/image_sides.h"

#include "cpp/nn/convolution.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/minibatch.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kSlope = 0.3;  // of the leaky rectifiers below 0, as in the published networks
// Rows and columns that the last two layers take away.
constexpr int64_t kMargin = 3;
constexpr int64_t kEnlargement = 4;

Value rectified(Value images) { return leaky_relu(images, kSlope); }

Value flat(Value images) {
  return reshape(images, Shape{images.rows(), images.shape().count(1, images.shape().rank())});
}

}  // namespace

Value generate_image(Trace& trace, Value latent, Value condition, const ImageShape& shape,
                     const std::vector<int64_t>& channels) {
  if (condition) {
    const int64_t columns = latent.columns();
    const Value embedding = linear(trace, "embedding", condition, 2 * columns);
    latent = latent * (1.0 + slice(embedding, 1, 0, columns)) +
             slice(embedding, 1, columns, 2 * columns);
  }
  const auto first_extent = [](int64_t extent) {
    return (extent + kMargin + kEnlargement - 1) / kEnlargement;
  };
  const Shape first{latent.rows(), first_extent(shape.height), first_extent(shape.width),
                    channels[0]};
  Value image = reshape(linear(trace, "dense", latent, first.count(1, first.rank())), first);
  image = rectified(
      convolution(trace, "convolution", image,
                  {.channels = channels[1], .kernel = {5, 5}, .window = Window::padded({2})}));
  image = upsample_nearest(image, {2});
  image = rectified(locally_connected(
      trace, "local_0", image,
      {.channels = channels[2], .kernel = {5, 5}, .window = Window::padded({2})}));
  image = upsample_nearest(image, {2});
  image = slice(slice(image, 1, 0, shape.height + kMargin), 2, 0, shape.width + kMargin);
  image = rectified(
      locally_connected(trace, "local_1", image, {.channels = channels[3], .kernel = {3, 3}}));
  image = locally_connected(
      trace, "local_2", image,
      {.channels = 1, .kernel = {2, 2}, .bias = false, .weight = Initializer::glorot_uniform});
  return flat(relu(image));
}

Value image_features(Trace& trace, Value pixels, const ImageShape& shape,
                     const std::vector<int64_t>& channels, int64_t of_minibatch) {
  Value image = reshape(pixels, Shape{pixels.rows(), shape.height, shape.width, 1});
  image = rectified(
      convolution(trace, "convolution", image,
                  {.channels = channels[0], .kernel = {5, 5}, .window = Window::padded({2})}));
  image = rectified(locally_connected(
      trace, "local_0", image,
      {.channels = channels[1], .kernel = {5, 5}, .window = Window::padded({2}, {2})}));
  image = rectified(locally_connected(
      trace, "local_1", image,
      {.channels = channels[2], .kernel = {5, 5}, .window = Window::padded({2})}));
  image = rectified(locally_connected(
      trace, "local_2", image,
      {.channels = channels[3], .kernel = {3, 3}, .window = Window::padded({1})}));
  const Value features = flat(average_pool(image, {2}));
  if (of_minibatch == 0) return features;
  return concat({minibatch_features(trace, features, of_minibatch), features}, 1);
}

}  // namespace castalia
