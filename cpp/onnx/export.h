// A traced computation as an ONNX file.
#ifndef CASTALIA_CPP_ONNX_EXPORT_H_
#define CASTALIA_CPP_ONNX_EXPORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia::onnx {

struct ExportRequest {
  // Traces the computation for so many events into an empty graph; the same but for the extents
  // that depend on their number. Its inputs and outputs have a row an event.
  std::function<void(Graph& graph, int64_t rows)> trace;
  // What the file has in the place of the graph's inputs and outputs.
  struct Name {
    std::string in_graph;
    std::string in_file;
    bool column = false;  // (rows, 1) in the graph, (rows) in the file
  };
  std::vector<Name> names;
  // The contents of the graph's state "parameters".
  const void* parameters = nullptr;
  std::string name;
  std::string description;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// The bytes of the file, for any number of rows; what depends on the parameters alone is computed
// and stored. Errors: unsupported, for an operator that has no form in ONNX, with its place in the
// model.
std::string export_model(const ExportRequest& request);

}  // namespace castalia::onnx

#endif  // CASTALIA_CPP_ONNX_EXPORT_H_
