// The rows of sockets by Boost.Asio, without locks: its callbacks beside our
// protocols, its coroutines beside our streams.
#ifndef RONDO_TESTS_BENCHMARKS_ASIO_NETWORK_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_ASIO_NETWORK_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

std::span<const Metric> AsioNetworkMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_ASIO_NETWORK_METRICS_H_
