// The process's descriptors, in tests.
#ifndef RONDO_TESTS_RUNTIME_DESCRIPTORS_H_
#define RONDO_TESTS_RUNTIME_DESCRIPTORS_H_

#include <fcntl.h>

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace rondo {

inline bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// How many there are.
inline std::size_t CountDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_DESCRIPTORS_H_
