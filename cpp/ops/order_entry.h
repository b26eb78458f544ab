// What is sorted where elements are put in order. The order is total: -0 equals 0, NaN counts as
// the largest, and of equal elements the one with the smaller index comes first, whether ascending
// or descending. No two entries are equal, so that every algorithm gives the same order.
#ifndef CASTALIA_CPP_OPS_ORDER_ENTRY_H_
#define CASTALIA_CPP_OPS_ORDER_ENTRY_H_

#include <bit>
#include <cstdint>
#include <limits>

#include "cpp/base/anywhere.h"

namespace castalia {

// Unsigned numbers in the order of floating ones.
template <typename Unsigned, typename T>
CASTALIA_ANYWHERE Unsigned order_key(T x, bool descending) {
  constexpr Unsigned kSign = Unsigned{1} << (sizeof(Unsigned) * 8 - 1);
  Unsigned key = std::numeric_limits<Unsigned>::max();  // NaN
  if (x == x) {
    const Unsigned bits = std::bit_cast<Unsigned>(x + T{0});  // -0 becomes 0
    key = (bits & kSign) != 0 ? ~bits : bits | kSign;
  }
  return descending ? ~key : key;
}

struct WideEntry {
  uint64_t key;
  int64_t index;
  CASTALIA_ANYWHERE bool operator<(const WideEntry& other) const {
    return key != other.key ? key < other.key : index < other.index;
  }
};

// Indices below 2^32 of the elements of type T.
template <typename T>
struct OrderEntry;
template <>
struct OrderEntry<float> {
  using Type = uint64_t;
  static CASTALIA_ANYWHERE Type make(float x, int64_t index, bool descending) {
    return uint64_t{order_key<uint32_t>(x, descending)} << 32 | static_cast<uint64_t>(index);
  }
  // Behind all entries with smaller indices.
  static CASTALIA_ANYWHERE Type last(int64_t index) {
    return uint64_t{0xffffffff} << 32 | static_cast<uint64_t>(index);
  }
  static CASTALIA_ANYWHERE int64_t index_of(Type entry) {
    return static_cast<int64_t>(entry & 0xffffffff);
  }
};
template <>
struct OrderEntry<double> {
  using Type = WideEntry;
  static CASTALIA_ANYWHERE Type make(double x, int64_t index, bool descending) {
    return {order_key<uint64_t>(x, descending), index};
  }
  static CASTALIA_ANYWHERE Type last(int64_t index) {
    return {std::numeric_limits<uint64_t>::max(), index};
  }
  static CASTALIA_ANYWHERE int64_t index_of(const Type& entry) { return entry.index; }
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ORDER_ENTRY_H_
