#include "cpp/io/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace castalia {
namespace {

std::vector<unsigned char> pattern(size_t bytes) {
  std::vector<unsigned char> out(bytes);
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<unsigned char>(i * 7 + 3);
  return out;
}

// Values of the xxHash library; every path through the tail occurs.
TEST(Checksum, KnownAnswers) {
  struct Case {
    size_t bytes;
    uint64_t value;
  };
  constexpr Case kCases[] = {
      {0, 0xef46db3751d8e999},  {1, 0x1f25c8d0bc1f4bb6},   {4, 0x9bb64b7d66ee9fda},
      {8, 0xdab99d95c6f90092},  {12, 0xd52e407833af5133},  {31, 0xa2aa5f33cc4a6119},
      {32, 0x23c3c17ef790fd97}, {33, 0x50a7cfc7ba588784},  {63, 0x5e3e54b431c7493c},
      {64, 0x0eb64b3ef6eeb01f}, {100, 0xa61f8d4c170fe531}, {1000, 0x5f235fa033f1a3fb}};
  for (const Case& c : kCases) {
    Checksum checksum;
    checksum.add(pattern(c.bytes).data(), c.bytes);
    EXPECT_EQ(checksum.value(), c.value) << c.bytes;
  }
}

TEST(Checksum, PiecesDoNotMatter) {
  const std::vector<unsigned char> bytes = pattern(1000);
  for (size_t piece : {1, 3, 31, 32, 33, 100}) {
    Checksum checksum;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      checksum.add(bytes.data() + at, std::min(piece, bytes.size() - at));
    }
    EXPECT_EQ(checksum.value(), 0x5f235fa033f1a3fb) << piece;
  }
}

}  // namespace
}  // namespace castalia
