// The rows of sockets again, by streams (*_stream) and by the calls of the
// socket API (*_sock): what coroutines can do.
#ifndef RONDO_TESTS_BENCHMARKS_STREAM_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_STREAM_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

// README.md says what each row is.
std::span<const Metric> StreamMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_STREAM_METRICS_H_
