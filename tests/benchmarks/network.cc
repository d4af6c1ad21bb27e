// network [NAME...]: measures rows of sockets, all or those named: "rondo:ROW",
// "asio:ROW", "libuv:ROW". network_table.py compares them.
#include <deque>
#include <string>
#include <vector>

#include "rondo/tests/benchmarks/asio_network_metrics.h"
#include "rondo/tests/benchmarks/metric.h"
#include "rondo/tests/benchmarks/network_metrics.h"
#include "rondo/tests/benchmarks/stream_metrics.h"
#include "rondo/tests/benchmarks/uv_network_metrics.h"

int main(int argc, char** argv) {
  namespace bench = rondo::benchmarks;
  std::deque<std::string> names;  // A deque: they stay where they are.
  std::vector<bench::Metric> metrics;
  const auto add = [&](const char* who, std::span<const bench::Metric> rows) {
    for (const bench::Metric& row : rows) {
      names.push_back(std::string(who) + ":" + row.name);
      metrics.push_back({names.back().c_str(), row.run});
    }
  };
  add("rondo", bench::NetworkMetrics());
  add("rondo", bench::StreamMetrics());
  add("asio", bench::AsioNetworkMetrics());
  add("libuv", bench::UvNetworkMetrics());
  return bench::RunMetrics(argc, argv, metrics);
}
