#include "rondo/replay/call_graph_json.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace rondo {
namespace {

TEST(CallGraphJsonTest, AnEmptyGraphHasNoTasks) {
  EXPECT_EQ(CallGraphJson(CallGraph()), R"({"tasks":[]})");
}

TEST(CallGraphJsonTest, HasNumbersStacksAndEdges) {
  CallGraph graph;
  graph.tasks.resize(2);
  graph.tasks[0].number = 3;
  graph.tasks[0].chain.task = "a \"quoted\"\nname";
  graph.tasks[0].chain.awaited = "task b";
  graph.tasks[0].chain.frames = {{"Outer()", "x.cc", 7}, {"In()", "y.cc", 8}};
  graph.tasks[0].awaits = {1};
  graph.tasks[1].number = 5;
  graph.tasks[1].chain.task = "b\xff";
  graph.tasks[1].awaited_by = {0};
  const auto expected = nlohmann::json::parse(R"json({"tasks":[
    {"number":3,"name":"a \"quoted\"\nname","awaiting":"task b",
     "stack":[{"function":"Outer()","file":"x.cc","line":7},
              {"function":"In()","file":"y.cc","line":8}],
     "awaits":[5],"awaited_by":[]},
    {"number":5,"name":"b\ufffd","awaiting":"","stack":[],
     "awaits":[],"awaited_by":[3]}]})json");
  EXPECT_EQ(nlohmann::json::parse(CallGraphJson(graph)), expected);
}

}  // namespace
}  // namespace rondo
