#include "cpp/io/checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace castalia {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

template <typename Word>
Word load(const unsigned char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

void Checksum::consume(const unsigned char* stripe) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const uint64_t mixed = lanes_[i] + load<uint64_t>(stripe + 8 * i) * kPrime2;
    lanes_[i] = std::rotl(mixed, 31) * kPrime1;
  }
}

void Checksum::add(const void* data, size_t bytes) {
  const unsigned char* next = static_cast<const unsigned char*>(data);
  total_bytes_ += bytes;
  if (pending_bytes_ > 0) {
    const size_t taken = std::min(bytes, kStripe - pending_bytes_);
    std::copy_n(next, taken, pending_.begin() + static_cast<std::ptrdiff_t>(pending_bytes_));
    pending_bytes_ += taken;
    next += taken;
    bytes -= taken;
    if (pending_bytes_ < kStripe) return;
    consume(pending_.data());
    pending_bytes_ = 0;
  }
  for (; bytes >= kStripe; next += kStripe, bytes -= kStripe) consume(next);
  std::copy_n(next, bytes, pending_.begin());
  pending_bytes_ = bytes;
}

uint64_t Checksum::value() const {
  const auto scramble = [](uint64_t word) { return std::rotl(word * kPrime2, 31) * kPrime1; };
  uint64_t hash = kPrime5;
  if (total_bytes_ >= kStripe) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (const uint64_t lane : lanes_) hash = (hash ^ scramble(lane)) * kPrime1 + kPrime4;
  }
  hash += total_bytes_;
  const unsigned char* next = pending_.data();
  const unsigned char* end = next + pending_bytes_;
  for (; end - next >= 8; next += 8) {
    hash = std::rotl(hash ^ scramble(load<uint64_t>(next)), 27) * kPrime1 + kPrime4;
  }
  if (end - next >= 4) {
    hash = std::rotl(hash ^ load<uint32_t>(next) * kPrime1, 23) * kPrime2 + kPrime3;
    next += 4;
  }
  for (; next < end; ++next) hash = std::rotl(hash ^ *next * kPrime5, 11) * kPrime1;
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

}  // namespace castalia
