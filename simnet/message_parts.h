// The bytes of a message that comes in parts (Network::SendMessage).
#ifndef RONDO_SIMNET_MESSAGE_PARTS_H_
#define RONDO_SIMNET_MESSAGE_PARTS_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

namespace rondo::internal {

using MessageParts = std::span<const std::span<const char>>;

// How many bytes the parts have.
inline std::size_t SizeOf(MessageParts parts) {
  std::size_t size = 0;
  for (const std::span<const char> part : parts) size += part.size();
  return size;
}

// Gives the bytes piece by piece.
class PartsReader {
 public:
  explicit PartsReader(MessageParts parts) : parts_(parts) {}

  // Fills `out`. REQUIRES: so many bytes are left.
  void Read(std::span<char> out) {
    while (!out.empty()) {
      const std::span<const char> part = parts_.front().subspan(offset_);
      const std::size_t size = std::min(part.size(), out.size());
      if (size > 0) std::memcpy(out.data(), part.data(), size);
      out = out.subspan(size);
      offset_ += size;
      if (offset_ < parts_.front().size()) continue;
      parts_ = parts_.subspan(1);
      offset_ = 0;
    }
  }

 private:
  MessageParts parts_;
  std::size_t offset_ = 0;
};

// The first `size` bytes. REQUIRES: there are as many.
inline std::string Join(MessageParts parts, std::size_t size) {
  std::string result(size, '\0');
  PartsReader(parts).Read(result);
  return result;
}

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_MESSAGE_PARTS_H_
