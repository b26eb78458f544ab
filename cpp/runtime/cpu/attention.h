// The softmax of attention scores and its gradient, row by row, on the CPU.
//
// A row has the same bits among any number of rows. Nothing here allocates; any thread may call.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ATTENTION_H_
#define CASTALIA_CPP_RUNTIME_CPU_ATTENTION_H_

#include <cstdint>

namespace castalia::cpu {

// Rows of scores and weights stand at this distance: whole vectors, so that no row has a rest.
inline int64_t padded_keys(int64_t keys) { return (keys + 15) / 16 * 16; }

// What is added to scores and what hides them: rows of `keys` elements at a distance of `row`
// elements, 0 for the same row always; or nothing. Up to 15 elements behind a row are read.
template <typename T>
struct ScoreRows {
  const T* data = nullptr;
  int64_t row = 0;
};

// scores (rows, padded_keys(keys)) become weights: the softmax over a row of scale * score + bias,
// where the mask is not 0; weights are 0 elsewhere, and in the padding, whatever stood there. A row
// without anything visible (all hidden, or with a bias of minus infinity) becomes 0.
template <typename T>
void attention_weights(int64_t rows, int64_t keys, double scale, const ScoreRows<T>& mask,
                       const ScoreRows<T>& bias, T* scores);

// The gradient with respect to scale * score + bias from that with respect to the weights, in its
// place; 0 in the padding. Rows are padded_keys(keys) apart.
template <typename T>
void attention_weights_gradient(int64_t rows, int64_t keys, const T* weights, T* gradient);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ATTENTION_H_
