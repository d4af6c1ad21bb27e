// A call graph as JSON, for programs that read it.
#ifndef RONDO_REPLAY_CALL_GRAPH_JSON_H_
#define RONDO_REPLAY_CALL_GRAPH_JSON_H_

#include <string>

#include "rondo/runtime/call_graph.h"

namespace rondo {

// One line:
//
//   {"tasks":[{"number":1,"name":"main","awaiting":"a gather of 2",
//              "stack":[{"function":"Coro<> Serve()","file":"server.cc",
//                        "line":12}],
//              "awaits":[2,3],"awaited_by":[]}, ...]}
//
// The outermost frame is the first; `awaits` and `awaited_by` have the numbers
// of tasks. What is not UTF-8 becomes U+FFFD.
std::string CallGraphJson(const CallGraph& graph);

}  // namespace rondo

#endif  // RONDO_REPLAY_CALL_GRAPH_JSON_H_
