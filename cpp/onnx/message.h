// Messages in the wire format of protocol buffers: the few kinds of field that an ONNX file has.
//
// Written by hand because a host may have loaded a protobuf library of another version, and two in
// one process do not go together.
#ifndef CASTALIA_CPP_ONNX_MESSAGE_H_
#define CASTALIA_CPP_ONNX_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace castalia::onnx {

// Fields in the order in which they are added. A field that is added again repeats.
class Message {
 public:
  Message& integer(int field, int64_t value);
  Message& bytes(int field, std::string_view value);
  Message& message(int field, const Message& value) { return bytes(field, value.encoded_); }

  const std::string& encoded() const { return encoded_; }

 private:
  void varint(uint64_t value);
  void key(int field, int wire_type);

  std::string encoded_;
};

}  // namespace castalia::onnx

#endif  // CASTALIA_CPP_ONNX_MESSAGE_H_
