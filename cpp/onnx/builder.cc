#include "cpp/onnx/builder.h"

#include <cstring>
#include <set>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/base/version.h"

namespace castalia::onnx {
namespace {

// The numbers of the fields, of onnx.proto3.
namespace model_proto {
enum {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14
};
}
namespace operator_set_id_proto {
enum { domain = 1, version = 2 };
}
namespace string_string_entry_proto {
enum { key = 1, value = 2 };
}
namespace graph_proto {
enum { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
}
namespace node_proto {
enum { input = 1, output = 2, op_type = 4, attribute = 5 };
}
namespace attribute_proto {
enum { name = 1, i = 3, ints = 8, type = 20 };
enum Type { kInt = 2, kInts = 7 };
}  // namespace attribute_proto
namespace tensor_proto {
enum { dims = 1, data_type = 2, name = 8, raw_data = 9 };
}
namespace value_info_proto {
enum { name = 1, type = 2 };
}
namespace type_proto {
enum { tensor_type = 1, elem_type = 1, shape = 2, dim = 1, dim_value = 1, dim_param = 2 };
}

// Of 2020: what every runtime in use reads.
constexpr int64_t kIrVersion = 7;
constexpr int64_t kOperatorSet = 13;

// A protocol buffer counts its bytes in 31 bits.
constexpr size_t kMostBytes = (size_t{1} << 31) - 1;

Message value_info(const std::string& name, ElementType type, const std::vector<int64_t>& extents) {
  Message shape;
  for (const int64_t extent : extents) {
    Message dim;
    if (extent == kAnyRows) {
      dim.bytes(type_proto::dim_param, "rows");
    } else {
      dim.integer(type_proto::dim_value, extent);
    }
    shape.message(type_proto::dim, dim);
  }
  const Message tensor = Message()
                             .integer(type_proto::elem_type, static_cast<int64_t>(type))
                             .message(type_proto::shape, shape);
  return Message()
      .bytes(value_info_proto::name, name)
      .message(value_info_proto::type, Message().message(type_proto::tensor_type, tensor));
}

Message attribute(const std::string& name, const Builder::Setting& setting) {
  Message out;
  out.bytes(attribute_proto::name, name);
  if (const auto* one = std::get_if<int64_t>(&setting)) {
    return out.integer(attribute_proto::i, *one)
        .integer(attribute_proto::type, attribute_proto::kInt);
  }
  for (const int64_t each : std::get<std::vector<int64_t>>(setting)) {
    out.integer(attribute_proto::ints, each);
  }
  return out.integer(attribute_proto::type, attribute_proto::kInts);
}

}  // namespace

ElementType element_type(DType dtype) {
  switch (dtype) {
    case DType::float32: return ElementType::float32;
    case DType::float64: return ElementType::float64;
    case DType::int32: return ElementType::int32;
    case DType::int64: break;
  }
  return ElementType::int64;
}

void Builder::input(const std::string& name, ElementType type,
                    const std::vector<int64_t>& extents) {
  inputs_.push_back(value_info(name, type, extents));
}

void Builder::output(const std::string& name, ElementType type,
                     const std::vector<int64_t>& extents) {
  outputs_.push_back(value_info(name, type, extents));
  output_names_.push_back(name);
}

std::string Builder::node(const std::string& op_type, const std::vector<std::string>& inputs,
                          const Settings& settings) {
  const std::string name = text("value_", nodes_.size());
  node_named(name, op_type, inputs, settings);
  return name;
}

void Builder::node_named(const std::string& output, const std::string& op_type,
                         const std::vector<std::string>& inputs, const Settings& settings) {
  Message message;
  for (const std::string& each : inputs) message.bytes(node_proto::input, each);
  message.bytes(node_proto::output, output).bytes(node_proto::op_type, op_type);
  for (const auto& [name, setting] : settings) {
    message.message(node_proto::attribute, attribute(name, setting));
  }
  nodes_.push_back({output, inputs, std::move(message)});
}

std::string Builder::constant(ElementType type, const std::vector<int64_t>& extents,
                              std::string_view bytes) {
  Message message;
  for (const int64_t extent : extents) message.integer(tensor_proto::dims, extent);
  message.integer(tensor_proto::data_type, static_cast<int64_t>(type));
  message.bytes(tensor_proto::raw_data, bytes);
  const auto [known, is_new] =
      known_constants_.try_emplace(message.encoded(), text("constant_", constants_.size()));
  if (is_new) {
    message.bytes(tensor_proto::name, known->second);
    constants_.push_back({known->second, std::move(message)});
  }
  return known->second;
}

std::string Builder::integers(const std::vector<int64_t>& values) {
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                               values.size() * sizeof(int64_t));
  return constant(ElementType::int64, {static_cast<int64_t>(values.size())}, bytes);
}

std::string Builder::model(const std::string& name, const std::string& description,
                           const std::vector<std::pair<std::string, std::string>>& metadata) const {
  std::set<std::string> needed(output_names_.begin(), output_names_.end());
  std::vector<bool> kept(nodes_.size());
  for (size_t i = nodes_.size(); i-- > 0;) {
    kept[i] = needed.count(nodes_[i].output) > 0;
    if (kept[i]) needed.insert(nodes_[i].inputs.begin(), nodes_[i].inputs.end());
  }
  Message graph;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (kept[i]) graph.message(graph_proto::node, nodes_[i].message);
  }
  graph.bytes(graph_proto::name, name);
  for (const Constant& each : constants_) {
    if (needed.count(each.name) > 0) graph.message(graph_proto::initializer, each.message);
  }
  for (const Message& each : inputs_) graph.message(graph_proto::input, each);
  for (const Message& each : outputs_) graph.message(graph_proto::output, each);

  const Message operators = Message()
                                .bytes(operator_set_id_proto::domain, "")
                                .integer(operator_set_id_proto::version, kOperatorSet);
  Message file;
  file.integer(model_proto::ir_version, kIrVersion)
      .bytes(model_proto::producer_name, "castalia")
      .bytes(model_proto::producer_version, kVersion)
      .bytes(model_proto::doc_string, description)
      .message(model_proto::graph, graph)
      .message(model_proto::opset_import, operators);
  for (const auto& [key, value] : metadata) {
    file.message(model_proto::metadata_props, Message()
                                                  .bytes(string_string_entry_proto::key, key)
                                                  .bytes(string_string_entry_proto::value, value));
  }
  if (file.encoded().size() > kMostBytes) {
    fail(Code::unsupported, "the model takes ", file.encoded().size(),
         " bytes; an ONNX file holds at most ", kMostBytes);
  }
  return file.encoded();
}

}  // namespace castalia::onnx
