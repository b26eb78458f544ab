// A rectangle of a matrix of sums of products, computed by a block: of matrix products and of
// convolutions, which differ in where their terms lie.
#ifndef CASTALIA_CPP_OPS_PRODUCT_TILE_CUDA_H_
#define CASTALIA_CPP_OPS_PRODUCT_TILE_CUDA_H_

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// kRows x kColumns sums. Their terms go through shared memory, a slice of the sums at a time; a
// thread adds up four rows of ColumnsOfThread (1, 2 or 4) columns, in the order of the terms.
template <typename T, int ColumnsOfThread>
struct ProductTile {
  static constexpr int kThreads = 256;
  static constexpr int kRowsOfThread = 4;
  static constexpr int kAcross = 16;  // threads side by side
  static constexpr int kRows = kThreads / kAcross * kRowsOfThread;
  static constexpr int kColumns = kAcross * ColumnsOfThread;
  static constexpr int kSlice = 16;
  static constexpr size_t kSharedBytes = kSlice * (kRows + kColumns + 8) * sizeof(T);

  // terms.place(k) finds the k-th term, terms.a(place, row) and terms.b(place, column) are its
  // factors, 0 for rows and columns that are not there. Neighbouring threads read along the sum
  // where terms.a_along_sum() or terms.b_along_sum() says so, else along the side. Calls
  // store(row, column, sum) for all, with the terms in [begin, end). `shared` is on a boundary of
  // 16 bytes.
  template <typename Terms, typename Store>
  static CASTALIA_ANYWHERE void run(const cuda::Block& block, std::byte* shared, const Terms& terms,
                                    int64_t begin, int64_t end, Store store) {
    T* const a = reinterpret_cast<T*>(shared);  // (kSlice, kRowStep)
    T* const b = a + kSlice * kRowStep;         // (kSlice, kColumnStep)
    T sums[kRowsOfThread][ColumnsOfThread] = {};
    const int thread = block.thread();
    for (int64_t k = begin; k < end; k += kSlice) {
      load<kRows, kRowStep>(thread, terms, terms.a_along_sum(), k, end, a,
                            [&](const auto& place, int side) { return terms.a(place, side); });
      load<kColumns, kColumnStep>(
          thread, terms, terms.b_along_sum(), k, end, b,
          [&](const auto& place, int side) { return terms.b(place, side); });
      block.sync();
      add_slice(a + thread / kAcross * kRowsOfThread, b + thread % kAcross * ColumnsOfThread, sums);
      block.sync();
    }
    for (int i = 0; i < kRowsOfThread; ++i) {
      for (int j = 0; j < ColumnsOfThread; ++j) {
        store(thread / kAcross * kRowsOfThread + i, thread % kAcross * ColumnsOfThread + j,
              sums[i][j]);
      }
    }
  }

 private:
  // Steps that keep what a thread reads at once on its boundary and banks apart.
  static constexpr int kRowStep = kRows + 4;
  static constexpr int kColumnStep = kColumns + 4;

  template <int Count>
  struct alignas(Count * sizeof(T) < 16 ? Count * sizeof(T) : 16) Pack {
    T values[Count];
  };

  template <int Sides, int Step, typename Terms, typename Value>
  static CASTALIA_ANYWHERE void load(int thread, const Terms& terms, bool along_sum, int64_t first,
                                     int64_t end, T* slice, Value value) {
    if (along_sum) {
      const int depth = thread % kSlice;
      const bool there = first + depth < end;
      const auto place = terms.place(there ? first + depth : first);
      for (int side = thread / kSlice; side < Sides; side += kThreads / kSlice) {
        slice[depth * Step + side] = there ? value(place, side) : T(0);
      }
    } else {
      for (int i = thread; i < Sides * kSlice; i += kThreads) {
        const int depth = i / Sides;
        const int side = i % Sides;
        const bool there = first + depth < end;
        slice[depth * Step + side] =
            there ? value(terms.place(there ? first + depth : first), side) : T(0);
      }
    }
  }

  static CASTALIA_ANYWHERE void add_slice(const T* a, const T* b,
                                          T (&sums)[kRowsOfThread][ColumnsOfThread]) {
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int k = 0; k < kSlice; ++k) {
      const auto rows = *reinterpret_cast<const Pack<kRowsOfThread>*>(a + k * kRowStep);
      const auto columns = *reinterpret_cast<const Pack<ColumnsOfThread>*>(b + k * kColumnStep);
      for (int i = 0; i < kRowsOfThread; ++i) {
        for (int j = 0; j < ColumnsOfThread; ++j) {
          sums[i][j] = std::fma(rows.values[i], columns.values[j], sums[i][j]);
        }
      }
    }
  }
};

// f.template operator()<ColumnsOfThread>() with the narrowest tile for so many columns.
template <typename F>
void with_tile_columns(int64_t columns, F f) {
  if (columns <= 16) {
    f.template operator()<1>();
  } else if (columns <= 32) {
    f.template operator()<2>();
  } else {
    f.template operator()<4>();
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PRODUCT_TILE_CUDA_H_
