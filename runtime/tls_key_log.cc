#include "rondo/runtime/tls_key_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace rondo::internal {

TlsKeyLog::TlsKeyLog(const std::string& path) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd >= 0) {
    file_.reset(fdopen(fd, "a"));
    if (file_ == nullptr) close(fd);
  }
  if (file_ == nullptr) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot log the keys of TLS to " + path);
  }
}

void TlsKeyLog::Add(const char* line) {
  const std::lock_guard lock(mutex_);
  std::fprintf(file_.get(), "%s\n", line);
  std::fflush(file_.get());
}

}  // namespace rondo::internal
