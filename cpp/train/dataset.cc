#include "cpp/train/dataset.h"

#include <bit>

namespace castalia {
namespace {

// FNV-1a over whole words.
uint64_t mix(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001b3ULL; }

uint64_t mix(uint64_t hash, std::span<const double> values) {
  for (const double value : values) hash = mix(hash, std::bit_cast<uint64_t>(value));
  return mix(hash, values.size());
}

}  // namespace

uint64_t Dataset::fingerprint() const {
  uint64_t hash = 0xcbf29ce484222325ULL;
  hash = mix(hash, x);
  hash = mix(hash, context);
  return mix(hash, weights);
}

}  // namespace castalia
