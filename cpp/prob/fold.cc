#include "cpp/prob/fold.h"

#include <array>

#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/positive.h"
#include "cpp/prob/conditioner.h"

namespace castalia {
namespace {

constexpr int64_t kPieces = 3;
// Half the width of the falling piece at first: small, so that little is folded.
constexpr double kHalfWidth = 0.2;
// What a piece weighs at its kinks, where a density of zero would be an infinite loss.
constexpr double kLeastWeight = 1e-3;
// The weight of a piece that z does not come from.
constexpr double kNever = -1e30;

// Of each feature, (rows, features) or (1, features).
struct Zigzag {
  Value centre, half_width;
  std::array<Value, kPieces> slopes;  // the second one falls

  Value left() const { return centre - half_width; }
  Value right() const { return centre + half_width; }
  Value height() const { return half_width * slopes[1]; }  // of the left kink; the right lies below

  // The piece's line and its inverse.
  Value line(int64_t piece, Value x) const {
    if (piece == 0) return height() + slopes[0] * (x - left());
    if (piece == 2) return slopes[2] * (x - right()) - height();
    return slopes[1] * (centre - x);
  }
  Value back(int64_t piece, Value z) const {
    if (piece == 0) return left() + (z - height()) / slopes[0];
    if (piece == 2) return right() + (z + height()) / slopes[2];
    return centre - z / slopes[1];
  }
};

Zigzag zigzag(Trace& trace, const MlpOptions& network, Value x, Value context) {
  const Trace::Part part(trace, "zigzag");
  const int64_t n = x.columns();
  const Value raw = contextual_parameters(trace, network, x, context, 5 * n);
  const auto of_features = [&](int64_t which) { return slice(raw, 1, which * n, (which + 1) * n); };
  return {.centre = of_features(0),
          .half_width = kHalfWidth * positive(of_features(1)),
          .slopes = {positive(of_features(2)), positive(of_features(3)), positive(of_features(4))}};
}

// The logarithms of the pieces' probabilities, each (rows, features).
std::array<Value, kPieces> log_probabilities(Trace& trace, const MlpOptions& network,
                                             const Zigzag& shape, Value z, Value context) {
  const Trace::Part part(trace, "pieces");
  const int64_t n = z.columns();
  MlpOptions options = network;
  options.outputs = kPieces * n;
  options.zero_last = true;
  const Value logits = mlp(trace, context ? concat({z, context}, 1) : z, options);
  // Where z lies between the kinks' heights: 0 at the lower, 1 at the upper.
  const Value place = (z / shape.height() + 1.0) * 0.5;
  const Value rising = clamp(place, kLeastWeight, 1.0);
  const Value falling = clamp(1.0 - place, kLeastWeight, 1.0);
  const Value below = less(z, shape.height());
  const Value above = less(negate(shape.height()), z);
  const Value never = trace.graph().scalar(kNever, z.dtype());
  const std::array<Value, kPieces> windows = {
      select(below, log(falling), never),
      select(below, select(above, log(rising) + log(falling), never), never),
      select(above, log(rising), never)};
  std::array<Value, kPieces> weights;
  std::vector<Value> stacked;
  for (int64_t piece = 0; piece < kPieces; ++piece) {
    Value& weight = weights[static_cast<size_t>(piece)];
    weight = slice(logits, 1, piece * n, (piece + 1) * n) + windows[static_cast<size_t>(piece)];
    stacked.push_back(reshape(weight, Shape{z.rows(), n, 1}));
  }
  const Value total = reshape(logsumexp(concat(stacked, 2)), z.shape());
  for (Value& weight : weights) weight = weight - total;
  return weights;
}

// That of three values whose piece it is.
Value of_piece(Value first, Value last, const std::array<Value, kPieces>& values) {
  return select(first, values[0], select(last, values[2], values[1]));
}

Value log_density(const Zigzag& shape, Value first, Value last,
                  const std::array<Value, kPieces>& log_probabilities) {
  std::array<Value, kPieces> terms;
  for (size_t piece = 0; piece < kPieces; ++piece) {
    terms[piece] = log(shape.slopes[piece]) + log_probabilities[piece];
  }
  return row_total(of_piece(first, last, terms));
}

}  // namespace

Mapped Fold::forward(Trace& trace, Value x, Value context) const {
  const Zigzag shape = zigzag(trace, network_, x, context);
  const Value first = less(x, shape.left());
  const Value last = less(shape.right(), x);
  // Rounding must not carry the ends of the falling piece beyond the kinks' heights, nor those of
  // the others short of them, where the piece would have no weight.
  const Value height = shape.height();
  const Value inside = height * (1.0 - 1e-6);
  const Value z = of_piece(first, last,
                           {minimum(shape.line(0, x), inside),
                            minimum(maximum(shape.line(1, x), negate(inside)), inside),
                            maximum(shape.line(2, x), negate(inside))});
  const auto probabilities = log_probabilities(trace, network_, shape, z, context);
  return {z, log_density(shape, first, last, probabilities)};
}

Mapped Fold::backward(Trace& trace, Value z, Value context) const {
  const Zigzag shape = zigzag(trace, network_, z, context);
  const auto probabilities = log_probabilities(trace, network_, shape, z, context);
  const Value chance =
      random_uniform(trace.seed, trace.first_event, z.rows(), z.columns(), stage_, trace.dtype());
  const Value first = less(chance, exp(probabilities[0]));
  const Value last = less_equal(1.0 - exp(probabilities[2]), chance);
  const Value x = of_piece(first, last, {shape.back(0, z), shape.back(1, z), shape.back(2, z)});
  return {x, negate(log_density(shape, first, last, probabilities))};
}

}  // namespace castalia
