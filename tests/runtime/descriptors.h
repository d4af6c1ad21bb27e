// Descriptors, in tests: the process's own, and how many another one has.
#ifndef RONDO_TESTS_RUNTIME_DESCRIPTORS_H_
#define RONDO_TESTS_RUNTIME_DESCRIPTORS_H_

#include <fcntl.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>

namespace rondo {

inline bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// How many there are.
inline std::size_t CountDescriptors(const std::string& process = "self") {
  const std::filesystem::directory_iterator all("/proc/" + process + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
inline std::size_t CountDescriptors(pid_t process) {
  return CountDescriptors(std::to_string(process));
}

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_DESCRIPTORS_H_
