// A file that a test sends.
#ifndef RONDO_TESTS_SUPPORT_SCRATCH_FILE_H_
#define RONDO_TESTS_SUPPORT_SCRATCH_FILE_H_

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/tests/support/program.h"

namespace rondo {

// Open to be read.
class ScratchFile {
 public:
  explicit ScratchFile(std::string text) : content(std::move(text)) {
    const std::string path = ScratchPath("scratch_file");
    WriteFile(path, content);
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
  }
  // Of `size` bytes, which tell where they stand.
  explicit ScratchFile(std::size_t size) : ScratchFile(Pattern(size)) {}
  ScratchFile(const ScratchFile&) = delete;
  ~ScratchFile() { close(fd_); }

  int fd() const { return fd_; }
  std::int64_t position() const { return lseek(fd_, 0, SEEK_CUR); }

  const std::string content;

 private:
  static std::string Pattern(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      text.push_back(static_cast<char>('a' + i % 23));
    }
    return text;
  }

  int fd_ = -1;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SCRATCH_FILE_H_
