#include "cpp/runtime/cpu/locally_connected.h"

#include <algorithm>
#include <array>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/convolution_product.h"

namespace castalia::cpu {
namespace {

constexpr int64_t kRowsTogether = 96;
constexpr int64_t kTilePositions = 8;

constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }
constexpr int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }

int64_t tiles_of(int64_t images, int64_t positions, int64_t channels) {
  return images == 0 || channels == 0 ? 0 : divide_up(positions, kTilePositions);
}

// Where an index into a row-major box lies.
std::array<int64_t, 3> place(int64_t index, int64_t y, int64_t x) {
  return {index / x / y, index / x % y, index % x};
}

// Calls visit(tap, element) for the taps of a position that fall inside.
template <typename Visit>
void for_each_tap_of(const ConvolutionShape& shape, int64_t position, Visit visit) {
  const auto& [z, y, x] = shape.axes;
  const auto [oz, oy, ox] = place(position, y.out, x.out);
  int64_t tap = 0;
  for (int64_t tz = 0; tz < z.kernel; ++tz) {
    const int64_t iz = oz * z.stride + tz * z.dilation - z.padding;
    for (int64_t ty = 0; ty < y.kernel; ++ty) {
      const int64_t iy = oy * y.stride + ty * y.dilation - y.padding;
      const bool inside = iz >= 0 && iz < z.in && iy >= 0 && iy < y.in;
      for (int64_t tx = 0; tx < x.kernel; ++tx, ++tap) {
        const int64_t ix = ox * x.stride + tx * x.dilation - x.padding;
        if (inside && ix >= 0 && ix < x.in) visit(tap, (iz * y.in + iy) * x.in + ix);
      }
    }
  }
}

// Calls visit(position, tap) for the windows that see an element.
template <typename Visit>
void for_each_window_over(const ConvolutionShape& shape, int64_t element, Visit visit) {
  const auto& [z, y, x] = shape.axes;
  const auto [iz, iy, ix] = place(element, y.in, x.in);
  const auto position = [](const ConvolutionAxis& axis, int64_t i, int64_t t) -> int64_t {
    const int64_t distance = i + axis.padding - t * axis.dilation;
    if (distance < 0 || distance % axis.stride != 0) return -1;
    return distance / axis.stride < axis.out ? distance / axis.stride : -1;
  };
  for (int64_t tz = 0; tz < z.kernel; ++tz) {
    const int64_t oz = position(z, iz, tz);
    if (oz < 0) continue;
    for (int64_t ty = 0; ty < y.kernel; ++ty) {
      const int64_t oy = position(y, iy, ty);
      if (oy < 0) continue;
      for (int64_t tx = 0; tx < x.kernel; ++tx) {
        const int64_t ox = position(x, ix, tx);
        if (ox < 0) continue;
        visit((oz * y.out + oy) * x.out + ox, (tz * y.kernel + ty) * x.kernel + tx);
      }
    }
  }
}

// The product for all images: rows of a start at `from`, those of c at `to`.
template <typename T>
void multiply_images(GatheredProduct<T> product, int64_t images, const T* from, int64_t from_image,
                     T* to, int64_t to_image) {
  std::array<const T*, kRowsTogether> a;
  std::array<T*, kRowsTogether> c;
  product.a = a.data();
  product.c = c.data();
  for (int64_t image = 0; image < images; image += product.rows) {
    product.rows = std::min(kRowsTogether, images - image);
    for (int64_t i = 0; i < product.rows; ++i) {
      a[static_cast<size_t>(i)] = from + (image + i) * from_image;
      c[static_cast<size_t>(i)] = to + (image + i) * to_image;
    }
    run_product(product);
  }
}

}  // namespace

LocallyConnected::LocallyConnected(const ConvolutionShape& shape) : shape_(shape) {}

int64_t LocallyConnected::tiles() const {
  return tiles_of(shape_.images, shape_.out_positions(), shape_.channels_out);
}

template <typename T>
size_t LocallyConnected::scratch_bytes() const {
  return 0;
}

template <typename T>
void LocallyConnected::run(const T* in, const T* weights, T* out,
                           const ConvolutionEpilogue<T>& epilogue, std::byte*, int64_t first,
                           int64_t last) const {
  check(first >= 0 && last <= tiles(), "locally connected: tiles ", first, " to ", last, " of ",
        tiles());
  const int64_t channels = shape_.channels_in;
  const int64_t columns = shape_.channels_out;
  const int64_t end = std::min(shape_.out_positions(), last * kTilePositions);
  std::array<ProductStep, kProductDepth> steps;
  for (int64_t position = first * kTilePositions; position < end; ++position) {
    GatheredProduct<T> product;
    product.steps = steps.data();
    product.b = weights + position * shape_.taps() * channels * columns;
    product.panel_stride = product_panel_width<T>();
    product.columns = columns;
    const auto flush = [&] {
      multiply_images(product, shape_.images, in, shape_.in_positions() * channels,
                      out + position * columns, shape_.out_positions() * columns);
      product.add = true;
      product.depth = 0;
    };
    for_each_tap_of(shape_, position, [&](int64_t tap, int64_t element) {
      for (int64_t i = 0; i < channels; ++i) {
        steps[static_cast<size_t>(product.depth)] = {element * channels + i,
                                                     (tap * channels + i) * columns};
        if (++product.depth == kProductDepth) flush();
      }
    });
    // Once also when there is nothing to sum.
    if (product.depth > 0 || !product.add) flush();
  }
  epilogue.finish_rows(first * kTilePositions * columns, shape_.images,
                       shape_.out_positions() * columns, (end - first * kTilePositions) * columns);
}

LocallyConnectedTranspose::LocallyConnectedTranspose(const ConvolutionShape& shape)
    : shape_(shape) {}

int64_t LocallyConnectedTranspose::tiles() const {
  return tiles_of(shape_.images, shape_.in_positions(), shape_.channels_in);
}

template <typename T>
size_t LocallyConnectedTranspose::scratch_bytes() const {
  return static_cast<size_t>(kProductDepth * round_up(shape_.channels_in, kMaxProductPanel<T>)) *
         sizeof(T);
}

template <typename T>
void LocallyConnectedTranspose::run(const T* out, const T* weights, T* in,
                                    const ConvolutionEpilogue<T>& epilogue, std::byte* scratch,
                                    int64_t first, int64_t last) const {
  check(first >= 0 && last <= tiles(), "locally connected: tiles ", first, " to ", last, " of ",
        tiles());
  const int64_t columns = shape_.channels_in;
  const int64_t channels = shape_.channels_out;
  const int64_t end = std::min(shape_.in_positions(), last * kTilePositions);
  const int64_t width = product_panel_width<T>();
  T* const packed = reinterpret_cast<T*>(scratch);
  std::array<ProductStep, kProductDepth> steps;
  for (int64_t element = first * kTilePositions; element < end; ++element) {
    GatheredProduct<T> product;
    product.steps = steps.data();
    product.b = packed;
    product.panel_stride = kProductDepth * width;
    product.columns = columns;
    const auto flush = [&] {
      multiply_images(product, shape_.images, out, shape_.out_positions() * channels,
                      in + element * columns, shape_.in_positions() * columns);
      product.add = true;
      product.depth = 0;
    };
    for_each_window_over(shape_, element, [&](int64_t position, int64_t tap) {
      const T* const from = weights + (position * shape_.taps() + tap) * columns * channels;
      for (int64_t begin = 0; begin < channels;) {
        const int64_t count = std::min(channels - begin, kProductDepth - product.depth);
        pack_panels(from + begin, channels, true, count, columns, product.panel_stride,
                    packed + product.depth * width);
        for (int64_t i = 0; i < count; ++i, ++product.depth) {
          steps[static_cast<size_t>(product.depth)] = {position * channels + begin + i,
                                                       product.depth * width};
        }
        begin += count;
        if (product.depth == kProductDepth) flush();
      }
    });
    if (product.depth > 0 || !product.add) flush();
  }
  epilogue.finish_rows(first * kTilePositions * columns, shape_.images,
                       shape_.in_positions() * columns, (end - first * kTilePositions) * columns);
}

LocallyConnectedWeightGradient::LocallyConnectedWeightGradient(const ConvolutionShape& shape)
    : shape_(shape) {}

int64_t LocallyConnectedWeightGradient::tiles() const {
  return tiles_of(1, shape_.out_positions(), shape_.channels_out);
}

template <typename T>
size_t LocallyConnectedWeightGradient::scratch_bytes() const {
  return static_cast<size_t>(shape_.images) * sizeof(ProductStep);
}

template <typename T>
void LocallyConnectedWeightGradient::run(const T* in, const T* g, T* weights,
                                         const ConvolutionEpilogue<T>& epilogue, std::byte* scratch,
                                         int64_t first, int64_t last) const {
  check(first >= 0 && last <= tiles(), "locally connected: tiles ", first, " to ", last, " of ",
        tiles());
  const int64_t channels = shape_.channels_in;
  const int64_t columns = shape_.channels_out;
  const int64_t end = std::min(shape_.out_positions(), last * kTilePositions);
  // Steps go from image to image.
  auto* const steps = reinterpret_cast<ProductStep*>(scratch);
  for (int64_t image = 0; image < shape_.images; ++image) {
    steps[image] = {image * shape_.in_positions() * channels,
                    image * shape_.out_positions() * columns};
  }
  for (int64_t position = first * kTilePositions; position < end; ++position) {
    T* const to = weights + position * shape_.taps() * channels * columns;
    std::array<const T*, kRowsTogether> a;
    std::array<T*, kRowsTogether> c;
    GatheredProduct<T> product;
    product.a = a.data();
    product.c = c.data();
    product.b = g + position * columns;
    product.panel_stride = product_panel_width<T>();
    product.columns = columns;
    const auto flush = [&] {
      // Once also when there is nothing to sum.
      int64_t image = 0;
      do {
        product.steps = steps + image;
        product.depth = std::min(kProductDepth, shape_.images - image);
        product.add = image > 0;
        run_product(product);
        image += kProductDepth;
      } while (image < shape_.images);
      product.rows = 0;
    };
    // Taps that fall outside have no gradient; those between the ones inside are passed by.
    int64_t next = 0;
    const auto clear_to = [&](int64_t tap) {
      std::fill(to + next * channels * columns, to + tap * channels * columns, T(0));
      next = tap + 1;
    };
    for_each_tap_of(shape_, position, [&](int64_t tap, int64_t element) {
      clear_to(tap);
      for (int64_t i = 0; i < channels; ++i) {
        a[static_cast<size_t>(product.rows)] = in + element * channels + i;
        c[static_cast<size_t>(product.rows)] = to + (tap * channels + i) * columns;
        if (++product.rows == kRowsTogether) flush();
      }
    });
    if (product.rows > 0) flush();
    clear_to(shape_.taps());
  }
  const int64_t count = (end - first * kTilePositions) * shape_.taps() * channels * columns;
  epilogue.finish_rows(first * kTilePositions * shape_.taps() * channels * columns, 1, count,
                       count);
}

#define CASTALIA_INSTANTIATE(Plan, T)                                                           \
  template size_t Plan::scratch_bytes<T>() const;                                               \
  template void Plan::run<T>(const T*, const T*, T*, const ConvolutionEpilogue<T>&, std::byte*, \
                             int64_t, int64_t) const;
CASTALIA_INSTANTIATE(LocallyConnected, float)
CASTALIA_INSTANTIATE(LocallyConnected, double)
CASTALIA_INSTANTIATE(LocallyConnectedTranspose, float)
CASTALIA_INSTANTIATE(LocallyConnectedTranspose, double)
CASTALIA_INSTANTIATE(LocallyConnectedWeightGradient, float)
CASTALIA_INSTANTIATE(LocallyConnectedWeightGradient, double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
