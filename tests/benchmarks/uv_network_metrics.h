// The rows of sockets by libuv: its callbacks, beside our protocols and
// streams.
#ifndef RONDO_TESTS_BENCHMARKS_UV_NETWORK_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_UV_NETWORK_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

std::span<const Metric> UvNetworkMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_UV_NETWORK_METRICS_H_
