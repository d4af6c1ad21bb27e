// A queue of bytes in one piece.
#ifndef RONDO_RUNTIME_BYTE_QUEUE_H_
#define RONDO_RUNTIME_BYTE_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace rondo::internal {

// The room of what was taken is closed up once it is the larger part: for each
// byte that is moved, one was taken.
class ByteQueue {
 public:
  bool empty() const { return begin_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - begin_; }
  std::span<const char> data() const {
    return std::span<const char>(bytes_).subspan(begin_);
  }
  std::string_view view() const {
    return std::string_view(bytes_).substr(begin_);
  }

  void Append(std::span<const char> data) {
    bytes_.append(data.data(), data.size());
  }
  // Puts bytes back that were taken.
  void Prepend(std::span<const char> data) {
    bytes_.replace(0, begin_, data.data(), data.size());
    begin_ = 0;
  }
  // REQUIRES: n <= size().
  void Drop(std::size_t n) {
    begin_ += n;
    if (begin_ * 2 < bytes_.size()) return;
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  // The first `n` bytes, or as many as there are.
  std::string Take(std::size_t n) {
    std::string taken(view().substr(0, n));
    Drop(taken.size());
    return taken;
  }
  std::size_t TakeInto(std::span<char> buffer) {
    const std::size_t n = std::min(size(), buffer.size());
    std::copy_n(data().data(), n, buffer.data());
    Drop(n);
    return n;
  }
  void Clear() {
    bytes_.clear();
    begin_ = 0;
  }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_BYTE_QUEUE_H_
