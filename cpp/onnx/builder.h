// An ONNX graph under construction: nodes, constants, inputs and outputs by name.
#ifndef CASTALIA_CPP_ONNX_BUILDER_H_
#define CASTALIA_CPP_ONNX_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/onnx/message.h"

namespace castalia::onnx {

// TensorProto.DataType of ONNX.
enum class ElementType { float32 = 1, int32 = 6, int64 = 7, boolean = 9, float64 = 11 };
ElementType element_type(DType dtype);

// The first extent of what has a row an event is named, for the file has no batch size.
inline constexpr int64_t kAnyRows = -1;

class Builder {
 public:
  using Setting = std::variant<int64_t, std::vector<int64_t>>;
  using Settings = std::map<std::string, Setting>;

  void input(const std::string& name, ElementType type, const std::vector<int64_t>& extents);
  void output(const std::string& name, ElementType type, const std::vector<int64_t>& extents);

  // Adds a node of one output and returns the output's name. `scope` says where in the model it
  // stands.
  std::string node(const std::string& op_type, const std::vector<std::string>& inputs,
                   const Settings& settings = {});
  // The same under a name of the caller's.
  void node_named(const std::string& output, const std::string& op_type,
                  const std::vector<std::string>& inputs, const Settings& settings = {});

  // A constant tensor, little-endian and row-major; equal ones are stored once.
  std::string constant(ElementType type, const std::vector<int64_t>& extents,
                       std::string_view bytes);
  std::string integers(const std::vector<int64_t>& values);  // of rank 1

  // The file: ModelProto of IR version 7, operators of set 13. What no output needs is left out.
  std::string model(const std::string& name, const std::string& description,
                    const std::vector<std::pair<std::string, std::string>>& metadata) const;

 private:
  struct NodeText {
    std::string output;
    std::vector<std::string> inputs;
    Message message;
  };
  struct Constant {
    std::string name;
    Message message;
  };

  std::vector<NodeText> nodes_;
  std::vector<Constant> constants_;
  std::map<std::string, std::string> known_constants_;  // contents to name
  std::vector<Message> inputs_;
  std::vector<Message> outputs_;
  std::vector<std::string> output_names_;
};

}  // namespace castalia::onnx

#endif  // CASTALIA_CPP_ONNX_BUILDER_H_
