// The same rows by Boost.Asio in one thread, its locking off.
#ifndef RONDO_TESTS_BENCHMARKS_ASIO_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_ASIO_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

std::span<const Metric> AsioMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_ASIO_METRICS_H_
