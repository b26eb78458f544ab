// Reductions of the axes of a tensor on a device. What is made of the elements is up to a Method:
//
//   using Element = ...; using Result = ...;
//   using State = ...;   // trivially copyable, a multiple of 4 bytes, at most 32
//   static State identity();
//   static void take(State&, Element, int64_t place);  // place: along the axis that goes
//   static State merge(const State&, const State&);
//   static Result result(const State&);
//
// all CASTALIA_ANYWHERE. The order in which elements are taken depends on the extent of the axis
// and on the number of elements behind one of its indices alone, so rows are the same beside any
// number of rows.
#ifndef CASTALIA_CPP_OPS_REDUCTION_CUDA_H_
#define CASTALIA_CPP_OPS_REDUCTION_CUDA_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/ops/row_blocks_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Where [outer, n, inner] is read and [outer, inner] written: the operand and the result, or states
// in scratch that other stages leave and take.
template <typename Method, bool kFromStates, bool kToStates>
struct ReductionData {
  using State = typename Method::State;
  using Item = std::conditional_t<kFromStates, State, typename Method::Element>;

  int64_t n;
  int64_t inner;
  size_t from = 0;
  size_t to = 0;

  CASTALIA_ANYWHERE Item load(const Operands& operands, int64_t at) const {
    if constexpr (kFromStates) {
      return operands.memory<State>(from)[at];
    } else {
      return operands.in<Item>(0)[at];
    }
  }
  CASTALIA_ANYWHERE static void add(State& state, const Item& item, int64_t place) {
    if constexpr (kFromStates) {
      state = Method::merge(state, item);
    } else {
      Method::take(state, item, place);
    }
  }
  CASTALIA_ANYWHERE void store(const Operands& operands, const State& state, int64_t at) const {
    if constexpr (kToStates) {
      operands.memory<State>(to)[at] = state;
    } else {
      operands.out<typename Method::Result>(0)[at] = Method::result(state);
    }
  }

  // As a Body of column_reduction_cuda.h.
  CASTALIA_ANYWHERE State begin(const Operands&, int64_t, int64_t) const {
    return Method::identity();
  }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t o, int64_t j,
                              int64_t c) const {
    add(state, load(operands, (o * n + j) * inner + c), j);
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    return Method::merge(a, b);
  }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t o,
                             int64_t c) const {
    store(operands, state, o * inner + c);
  }
};

// Rows of a few elements: a block brings kRows of them to shared memory, where a thread takes one.
template <typename Data>
struct ShortRows {
  using Item = typename Data::Item;
  static constexpr int kRows = 128;

  int64_t rows;
  Data data;

  // Rows of an odd number of elements begin in different banks of the memory.
  static constexpr CASTALIA_ANYWHERE int padded(int64_t n) { return static_cast<int>(n) | 1; }
  static size_t shared_bytes(int64_t n) {
    return static_cast<size_t>(kRows * padded(n)) * sizeof(Item);
  }

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    const int64_t first = block.index * kRows;
    const int count = rows - first < kRows ? static_cast<int>(rows - first) : kRows;
    const int n = static_cast<int>(data.n);
    Item* const items = reinterpret_cast<Item*>(block.shared);
    block.each(count * n, [&](int64_t number) {
      const int place = static_cast<int>(number);
      items[place / n * padded(n) + place % n] = data.load(operands, first * n + place);
    });
    block.sync();
    block.each(count, [&](int64_t row) {
      typename Data::State state = data.begin(operands, first + row, 0);
      const Item* const own = items + row * padded(n);
      for (int j = 0; j < n; ++j) Data::add(state, own[j], j);
      data.store(operands, state, first + row);
    });
  }
};

// Rows, cut into pieces of `length` elements: block i leaves the state of piece i of all.
template <typename Data>
struct RowPieces {
  using State = typename Data::State;

  Data data;
  int64_t pieces;
  int64_t length;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    const int64_t row = pieces == 1 ? block.index : block.index / pieces;
    const int64_t begin = (block.index - row * pieces) * length;
    const int64_t count = data.n - begin < length ? data.n - begin : length;
    State state = data.begin(operands, row, 0);
    const int64_t first = row * data.n + begin;
    block.each(count,
               [&](int64_t j) { Data::add(state, data.load(operands, first + j), begin + j); });
    state = block.reduce(state, [](const State& a, const State& b) { return Data::merge(a, b); });
    if (block.thread() == 0) data.store(operands, state, block.index);
  }
};

// Adds the stages that reduce the middle axis of [outer, n, inner].
template <typename Method, bool kFromStates = false, bool kToStates = false>
void add_reduction(ParallelKernel& kernel, int64_t outer, int64_t n, int64_t inner, size_t from = 0,
                   size_t to = 0) {
  using Data = ReductionData<Method, kFromStates, kToStates>;
  using Pieces = ReductionData<Method, kFromStates, true>;
  constexpr int64_t kVeryFew = 4;
  constexpr int64_t kFew = 32;
  constexpr int64_t kWhole = 16384;  // as long a row has one block
  constexpr int64_t kLength = 4096;
  constexpr int64_t kMostPieces = 1024;
  const Data data{n, inner, from, to};
  if (inner != 1 || n <= kVeryFew) {
    add_column_reduction(kernel, outer, n, inner, data);
  } else if (n <= kFew) {
    using Rows = ShortRows<Data>;
    kernel.blocks<Rows::kRows>((outer + Rows::kRows - 1) / Rows::kRows, Rows::shared_bytes(n),
                               Rows{outer, data});
  } else if (n <= kWhole) {
    add_row_blocks(kernel, outer, n, RowPieces<Data>{data, 1, n});
  } else {
    const int64_t length = std::max(kLength, (n + kMostPieces - 1) / kMostPieces);
    const int64_t pieces = (n + length - 1) / length;
    const size_t states =
        kernel.reserve(static_cast<size_t>(outer * pieces) * sizeof(typename Method::State));
    kernel.blocks<256>(outer * pieces, 0,
                       RowPieces<Pieces>{Pieces{n, inner, from, states}, pieces, length});
    add_reduction<Method, true, kToStates>(kernel, outer, pieces, 1, states, to);
  }
}

// The candidate of an operator with the attribute "axis": Method<T> of the operand's type.
template <template <typename> class Method>
std::unique_ptr<Kernel> make_axis_reduction(const std::string& name, const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  auto kernel = kernel_for(name, request);
  kernel->set_flops(static_cast<double>(x.count()));
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    add_reduction<Method<T>>(*kernel, x.count(0, axis), x[axis], x.count(axis + 1, x.rank()));
  });
  return kernel;
}

// In double.
template <typename In, typename Out>
struct SumOf {
  using Element = In;
  using Result = Out;
  using State = double;

  static CASTALIA_ANYWHERE State identity() { return 0; }
  static CASTALIA_ANYWHERE void take(State& state, In element, int64_t) {
    state += static_cast<double>(element);
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) { return a + b; }
  static CASTALIA_ANYWHERE Out result(const State& state) { return static_cast<Out>(state); }
};

// The largest (kSign 1) or smallest (-1) element, NaN if one is NaN.
template <typename T, int kSign>
struct ExtremeOf {
  using Element = T;
  using Result = T;
  using State = T;

  static CASTALIA_ANYWHERE State identity() { return kSign * -std::numeric_limits<T>::infinity(); }
  static CASTALIA_ANYWHERE void take(State& state, T element, int64_t) {
    state = merge(state, element);
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) {
    return kSign * b > kSign * a || b != b ? b : a;
  }
  static CASTALIA_ANYWHERE T result(const State& state) { return state; }
};

// Where it stands: the first of equal ones, or the first NaN.
template <typename T, int kSign>
struct PlaceOfExtreme {
  struct State {
    T element;
    int64_t place;
  };
  using Element = T;
  using Result = int64_t;

  static CASTALIA_ANYWHERE State identity() { return {0, -1}; }
  static CASTALIA_ANYWHERE void take(State& state, T element, int64_t place) {
    state = merge(state, {element, place});
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) {
    if (a.place < 0 || b.place < 0) return a.place < 0 ? b : a;
    const bool a_unknown = a.element != a.element;
    const bool b_unknown = b.element != b.element;
    const bool equal = a_unknown || b_unknown ? a_unknown && b_unknown : a.element == b.element;
    if (equal) return a.place < b.place ? a : b;
    return b_unknown || kSign * b.element > kSign * a.element ? b : a;
  }
  static CASTALIA_ANYWHERE int64_t result(const State& state) { return state.place; }
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_REDUCTION_CUDA_H_
