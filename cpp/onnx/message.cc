#include "cpp/onnx/message.h"

namespace castalia::onnx {
namespace {

constexpr int kVarint = 0;
constexpr int kLengthDelimited = 2;

}  // namespace

void Message::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) encoded_.push_back(static_cast<char>(value | 0x80));
  encoded_.push_back(static_cast<char>(value));
}

void Message::key(int field, int wire_type) {
  varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}

Message& Message::integer(int field, int64_t value) {
  key(field, kVarint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

Message& Message::bytes(int field, std::string_view value) {
  key(field, kLengthDelimited);
  varint(value.size());
  encoded_.append(value);
  return *this;
}

}  // namespace castalia::onnx
