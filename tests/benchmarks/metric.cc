#include "rondo/tests/benchmarks/metric.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

namespace rondo::benchmarks {
namespace {

std::string_view Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool RunOne(std::string_view name, std::span<const Metric> metrics) {
  for (const Metric& metric : metrics) {
    if (name != metric.name) continue;
    std::printf("%s %.6g\n", metric.name, metric.run());
    std::fflush(stdout);
    return true;
  }
  std::fprintf(stderr, "no metric %s here\n", std::string(name).c_str());
  return false;
}

// The host of a virtual machine may give out memory at its first touch, which
// costs 5 ms a huge page, once: not what is measured.
void TouchMemory() {
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, kBytes, MADV_HUGEPAGE);
  std::memset(memory, 1, kBytes);
  munmap(memory, kBytes);
}

}  // namespace

double WallNow() {
  const std::chrono::nanoseconds time =
      std::chrono::steady_clock::now().time_since_epoch();
  return 1e-9 * static_cast<double>(time.count());
}

double Now() {
  static const bool use_wall = Environment("BENCH_CLOCK") == "wall";
  if (use_wall) return WallNow();
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         1e-9 * static_cast<double>(time.tv_nsec);
}

std::int64_t Count(double n) {
  static const double scale = [] {
    const std::string_view text = Environment("BENCH_SCALE");
    return text.empty() ? 1.0 : std::atof(text.data());
  }();
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(n * scale));
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void SpinUntil(double wall_time) {
  while (WallNow() < wall_time) {
  }
}

int RunMetrics(int argc, char** argv, std::span<const Metric> metrics) {
  if (argc > 1 && std::string_view(argv[1]) == "--list") {
    for (const Metric& metric : metrics) std::printf("%s\n", metric.name);
    return 0;
  }
  TouchMemory();
  bool found = true;
  for (int i = 1; i < argc; ++i) found &= RunOne(argv[i], metrics);
  if (argc == 1) {
    for (const Metric& metric : metrics) found &= RunOne(metric.name, metrics);
  }
  return found ? 0 : 2;
}

}  // namespace rondo::benchmarks
