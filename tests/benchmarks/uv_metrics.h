// The same rows by libuv, which has no tasks and no CallSoon: an idle handle
// that stops itself is the nearest to a callback.
#ifndef RONDO_TESTS_BENCHMARKS_UV_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_UV_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

std::span<const Metric> UvMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_UV_METRICS_H_
