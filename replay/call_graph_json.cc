#include "rondo/replay/call_graph_json.h"

#include <cstddef>
#include <vector>

#include "rondo/replay/json_text.h"

namespace rondo {
namespace {

// Separates the elements of a list.
class Comma {
 public:
  void Put(std::string* out) {
    if (any_) *out += ',';
    any_ = true;
  }

 private:
  bool any_ = false;
};

void AppendFrame(const AwaitFrame& frame, std::string* out) {
  *out += R"({"function":)";
  AppendJsonString(frame.function, out);
  *out += R"(,"file":)";
  AppendJsonString(frame.file, out);
  *out += R"(,"line":)";
  AppendUnsigned(frame.line, out);
  *out += '}';
}

void AppendNumbers(const CallGraph& graph,
                   const std::vector<std::size_t>& places, std::string* out) {
  *out += '[';
  Comma comma;
  for (const std::size_t place : places) {
    comma.Put(out);
    AppendUnsigned(graph.tasks[place].number, out);
  }
  *out += ']';
}

void AppendTask(const CallGraph& graph, const CallGraphTask& task,
                std::string* out) {
  *out += R"({"number":)";
  AppendUnsigned(task.number, out);
  *out += R"(,"name":)";
  AppendJsonString(task.chain.task, out);
  *out += R"(,"awaiting":)";
  AppendJsonString(task.chain.awaited, out);
  *out += R"(,"stack":[)";
  Comma comma;
  for (const AwaitFrame& frame : task.chain.frames) {
    comma.Put(out);
    AppendFrame(frame, out);
  }
  *out += R"(],"awaits":)";
  AppendNumbers(graph, task.awaits, out);
  *out += R"(,"awaited_by":)";
  AppendNumbers(graph, task.awaited_by, out);
  *out += '}';
}

}  // namespace

std::string CallGraphJson(const CallGraph& graph) {
  std::string out = R"({"tasks":[)";
  Comma comma;
  for (const CallGraphTask& task : graph.tasks) {
    comma.Put(&out);
    AppendTask(graph, task, &out);
  }
  return out + "]}";
}

}  // namespace rondo
