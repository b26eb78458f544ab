// A Program that a training evaluates beside its steps.
#ifndef CASTALIA_CPP_TRAIN_EVALUATION_WORKSPACE_H_
#define CASTALIA_CPP_TRAIN_EVALUATION_WORKSPACE_H_

#include <memory>
#include <utility>

#include "cpp/compile/compile.h"
#include "cpp/runtime/workspace.h"

namespace castalia {

// Where an arena is; null for the host, and without one.
inline const Device* device_of(const std::shared_ptr<Arena>& arena) {
  return arena ? arena->device() : nullptr;
}

// On the arena's device, for which the graph was traced (Graph::whole_rows); on the host, with an
// arena of its own, without one.
inline std::unique_ptr<Workspace> evaluation_workspace(const Graph& graph, int threads,
                                                       std::shared_ptr<Arena> arena) {
  const Device* device = device_of(arena);
  return std::make_unique<Workspace>(compile(graph, {.rows_independent = true, .device = device}),
                                     threads, std::move(arena));
}

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_EVALUATION_WORKSPACE_H_
