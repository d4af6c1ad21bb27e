// A file of the keys of connections, for programs that look at their bytes
// (Wireshark), in NSS's format.
#ifndef RONDO_RUNTIME_TLS_KEY_LOG_H_
#define RONDO_RUNTIME_TLS_KEY_LOG_H_

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace rondo::internal {

// Thread-safety: any thread.
class TlsKeyLog {
 public:
  // Appends to a file that only its owner may read. Throws: std::system_error
  // with its path.
  explicit TlsKeyLog(const std::string& path);

  void Add(const char* line);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::mutex mutex_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TLS_KEY_LOG_H_
