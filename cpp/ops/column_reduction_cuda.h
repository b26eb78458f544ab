// Reductions of the middle axis of [outer, n, inner] on a device, with neighbouring threads at
// neighbouring columns. What an element contributes is up to a Body:
//
//   using State = ...;  // trivially copyable, a multiple of 4 bytes, at most 32
//   State begin(const cuda::Operands&, int64_t o, int64_t c) const;   // of nothing
//   void take(const cuda::Operands&, State&, int64_t o, int64_t j, int64_t c) const;
//   static State merge(const State&, const State&);
//   void end(const cuda::Operands&, const State&, int64_t o, int64_t c) const;  // the result
//
// all CASTALIA_ANYWHERE. The order in which elements are taken and states merged depends on n and
// inner alone.
#ifndef CASTALIA_CPP_OPS_COLUMN_REDUCTION_CUDA_H_
#define CASTALIA_CPP_OPS_COLUMN_REDUCTION_CUDA_H_

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// How the work is shared out. A block of kThreads threads has `groups` outer indices, of each some
// columns, and of each of these `lanes` threads that take every lanes-th row of a piece.
struct ColumnPlan {
  static constexpr int kThreads = 256;
  static constexpr int64_t kBlocks = 512;  // about so many keep a device busy

  int64_t outer;
  int64_t n;
  int64_t inner;
  int64_t tiles;  // of columns
  int64_t pieces;
  int64_t piece_rows;
  int columns;
  int lanes;
  int groups;

  ColumnPlan(int64_t outer, int64_t n, int64_t inner, int64_t most_pieces)
      : outer(outer), n(n), inner(inner) {
    constexpr int64_t kMostColumns = 32;
    constexpr int64_t kRowsOfLane = 16;  // as many are worth a piece of their own
    const auto parts = [](int64_t whole, int64_t part) { return (whole + part - 1) / part; };
    columns = static_cast<int>(parts(inner, parts(inner, kMostColumns)));
    tiles = parts(inner, columns);
    lanes = static_cast<int>(std::clamp<int64_t>(parts(n, 4), 1, kThreads / columns));
    groups = static_cast<int>(std::min<int64_t>(outer, kThreads / (columns * lanes)));
    const int64_t useful = std::max<int64_t>(1, std::min(kBlocks / tiles, most_pieces));
    pieces = std::clamp<int64_t>(n / (kRowsOfLane * lanes), 1, useful);
    piece_rows = std::max<int64_t>(1, parts(n, pieces));
    pieces = std::max<int64_t>(1, parts(n, piece_rows));
  }
  int64_t blocks() const { return (outer + groups - 1) / groups * pieces * tiles; }
};

template <typename Body>
struct ColumnBlocks {
  using State = typename Body::State;
  static_assert(sizeof(State) <= 32);

  ColumnPlan plan;
  Body body;
  size_t partial;  // where the states of pieces are kept: [pieces, outer, inner]

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    const int64_t first_column = block.index % plan.tiles * plan.columns;
    const int64_t piece = block.index / plan.tiles % plan.pieces;
    const int64_t first_outer = block.index / plan.tiles / plan.pieces * plan.groups;
    const int64_t first_row = piece * plan.piece_rows;
    const int64_t end_row =
        plan.n < first_row + plan.piece_rows ? plan.n : first_row + plan.piece_rows;
    State* const states = reinterpret_cast<State*>(block.shared);
    const int group_states = plan.lanes * plan.columns;
    block.each(plan.groups * group_states, [&](int64_t number) {
      const int place = static_cast<int>(number);
      const int64_t o = first_outer + place / group_states;
      const int64_t c = first_column + place % plan.columns;
      if (o >= plan.outer || c >= plan.inner) return;
      State state = body.begin(operands, o, c);
      for (int64_t j = first_row + place % group_states / plan.columns; j < end_row;
           j += plan.lanes) {
        body.take(operands, state, o, j, c);
      }
      states[place] = state;
    });
    block.sync();
    for (int active = plan.lanes; active > 1;) {
      const int kept = (active + 1) / 2;
      const int merged = (active - kept) * plan.columns;
      block.each(plan.groups * merged, [&](int64_t number) {
        const int place = static_cast<int>(number);
        State& state = states[place / merged * group_states + place % merged];
        state = Body::merge(state, (&state)[kept * plan.columns]);
      });
      block.sync();
      active = kept;
    }
    block.each(plan.groups * plan.columns, [&](int64_t number) {
      const int place = static_cast<int>(number);
      const int64_t o = first_outer + place / plan.columns;
      const int64_t c = first_column + place % plan.columns;
      if (o >= plan.outer || c >= plan.inner) return;
      const State& state = states[place / plan.columns * group_states + place % plan.columns];
      if (plan.pieces == 1) {
        body.end(operands, state, o, c);
      } else {
        operands.memory<State>(partial)[(piece * plan.outer + o) * plan.inner + c] = state;
      }
    });
  }
};

// One thread takes all rows of a column.
template <typename Body>
struct ColumnLoops {
  int64_t n;
  int64_t inner;
  Body body;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    const int64_t o = index / inner;
    const int64_t c = index % inner;
    typename Body::State state = body.begin(operands, o, c);
    for (int64_t j = 0; j < n; ++j) body.take(operands, state, o, j, c);
    body.end(operands, state, o, c);
  }
};

// The states of pieces, which lie as [1, pieces, outer * inner], merged in their order.
template <typename Body>
struct ColumnPieces {
  using State = typename Body::State;

  Body body;
  int64_t inner;
  int64_t all;  // outer * inner
  size_t partial;

  CASTALIA_ANYWHERE State begin(const Operands& operands, int64_t, int64_t c) const {
    return body.begin(operands, c / inner, c % inner);
  }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t, int64_t j,
                              int64_t c) const {
    state = Body::merge(state, operands.memory<State>(partial)[j * all + c]);
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) { return Body::merge(a, b); }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t,
                             int64_t c) const {
    body.end(operands, state, c / inner, c % inner);
  }
};

// Adds one or two stages. The states of at most so many pieces of the rows are kept in scratch;
// with one piece there is one stage.
template <typename Body>
void add_column_reduction(ParallelKernel& kernel, int64_t outer, int64_t n, int64_t inner,
                          const Body& body, int64_t most_pieces = ColumnPlan::kBlocks) {
  constexpr int64_t kFewRows = 16;
  if (outer == 0 || inner == 0) return;
  if (n <= kFewRows) {
    kernel.each(outer * inner, ColumnLoops<Body>{n, inner, body});
    return;
  }
  const auto add = [&](const ColumnPlan& plan, const auto& taken, size_t partial) {
    using Taken = std::decay_t<decltype(taken)>;
    kernel.blocks<ColumnPlan::kThreads>(plan.blocks(),
                                        ColumnPlan::kThreads * sizeof(typename Taken::State),
                                        ColumnBlocks<Taken>{plan, taken, partial});
  };
  const ColumnPlan plan(outer, n, inner, most_pieces);
  if (plan.pieces == 1) return add(plan, body, 0);
  const int64_t all = outer * inner;
  const size_t partial =
      kernel.reserve(static_cast<size_t>(plan.pieces * all) * sizeof(typename Body::State));
  add(plan, body, partial);
  const ColumnPieces<Body> pieces{body, inner, all, partial};
  if (plan.pieces <= kFewRows) {
    kernel.each(all, ColumnLoops<ColumnPieces<Body>>{plan.pieces, all, pieces});
  } else {
    add(ColumnPlan(1, plan.pieces, all, 1), pieces, 0);
  }
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_COLUMN_REDUCTION_CUDA_H_
