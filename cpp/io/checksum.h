// A 64-bit checksum that finds damaged files: XXH64 by its published description
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), with seed 0. Not a protection against forgers.
#ifndef CASTALIA_CPP_IO_CHECKSUM_H_
#define CASTALIA_CPP_IO_CHECKSUM_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace castalia {

// The value depends on the bytes alone, not on how they are cut into calls of add().
class Checksum {
 public:
  void add(const void* data, size_t bytes);
  uint64_t value() const;

 private:
  static constexpr size_t kStripe = 32;
  void consume(const unsigned char* stripe);

  static constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87;
  static constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
  static constexpr uint64_t kPrime3 = 0x165667B19E3779F9;
  static constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
  static constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5;

  std::array<uint64_t, 4> lanes_{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  std::array<unsigned char, kStripe> pending_{};
  size_t pending_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_CHECKSUM_H_
