// The product that all convolutions are made of: rows of C are sums over k of one scalar, found
// where it lies in an image, times one row of B.
//
//   C[i, j] = sum over k of  a[i][steps[k].a] * b[steps[k].b + j]
//
// Every row i starts at a pointer of its own and all rows take the same steps, so a window that
// slides over an image needs no copy of the image: steps are the taps of the window, rows its
// positions. The sum is one chain of multiply-adds in the order of k, in the element's own
// precision and starting from zero (fused where the instruction set fuses); it depends on nothing
// but what is summed.
//
// Nothing here allocates, and any thread may call.
#ifndef CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_PRODUCT_H_
#define CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_PRODUCT_H_

#include <cstdint>

namespace castalia::cpu {

// Offsets in elements.
struct ProductStep {
  int64_t a = 0;
  int64_t b = 0;
};

template <typename T>
struct GatheredProduct {
  const T* const* a = nullptr;  // [rows]
  T* const* c = nullptr;        // [rows], each `columns` long
  int64_t rows = 0;
  const ProductStep* steps = nullptr;  // [depth]
  int64_t depth = 0;
  // B in panels of product_panel_width() columns, panel_stride elements apart. All columns of a
  // panel are read, though only `columns` of them count: up to 128 bytes behind the last one.
  const T* b = nullptr;
  int64_t panel_stride = 0;
  int64_t columns = 0;
  bool add = false;  // to what C holds, once the sum is complete
  // Then the element becomes relu(element + bias[j]); relu(x) is 0 for x < 0 and x otherwise.
  const T* bias = nullptr;  // [columns], or null
  bool relu = false;
};

// Depth at which a panel of B stays in the first-level cache while the rows pass by. Longer sums
// are cut there, always at multiples of it, and the parts added in order.
inline constexpr int64_t kProductDepth = 256;

// Columns of a panel under the instruction set in use.
template <typename T>
int64_t product_panel_width();
// The widest under any: scratch for packed columns is rounded up to it.
template <typename T>
inline constexpr int64_t kMaxProductPanel = 128 / static_cast<int64_t>(sizeof(T));

template <typename T>
void run_product(const GatheredProduct<T>& product);

// Copies columns [0, n) of a [k, n] matrix into panels, one panel after another, each
// [k, product_panel_width()] and padded with zeros. `ld` is the distance between rows. With
// `transpose` the matrix is stored [n, k]. Panels are panel_stride apart.
template <typename T>
void pack_panels(const T* from, int64_t ld, bool transpose, int64_t k, int64_t n,
                 int64_t panel_stride, T* to);

// to[i * step] += from[i] for i < count.
template <typename T>
struct AddedRun {
  const T* from = nullptr;
  T* to = nullptr;
  int64_t count = 0;
};

// One run after another.
template <typename T>
void add_runs(const AddedRun<T>* runs, int64_t count, int64_t step);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_CONVOLUTION_PRODUCT_H_
