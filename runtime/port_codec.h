// How values that come from outside are written into a trace, and read again.
//
// A codec of T is a class with
//
//   static std::string Encode(const T& value);
//   static T Decode(std::string_view bytes);   // Throws: ValueError.
//
// There is one for integers, enumerations and bool (little-endian, as many
// bytes as the type has) and for texts and bytes (as they are). For a type of
// your own, specialise PortCodec or pass a codec to Ingress.
//
// Thread-safety: Encode is called on any thread.
#ifndef RONDO_RUNTIME_PORT_CODEC_H_
#define RONDO_RUNTIME_PORT_CODEC_H_

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace internal {

[[noreturn]] void ThrowWrongSize(std::size_t expected, std::size_t found);

}  // namespace internal

template <class T>
struct PortCodec;

template <class T>
  requires std::integral<T> || std::is_enum_v<T>
struct PortCodec<T> {
  static std::string Encode(T value) {
    auto bits = static_cast<unsigned long long>(value);
    std::string bytes(sizeof(T), '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(bits & 0xff);
      bits >>= 8;
    }
    return bytes;
  }
  static T Decode(std::string_view bytes) {
    if (bytes.size() != sizeof(T)) {
      internal::ThrowWrongSize(sizeof(T), bytes.size());
    }
    unsigned long long bits = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) {
      bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return static_cast<T>(bits);
  }
};

template <>
struct PortCodec<std::string> {
  static std::string Encode(std::string_view value) {
    return std::string(value);
  }
  static std::string Decode(std::string_view bytes) {
    return std::string(bytes);
  }
};

// char, unsigned char or std::byte.
template <class B>
  requires(sizeof(B) == 1 && std::is_trivially_copyable_v<B> &&
           !std::is_same_v<B, bool>)
struct PortCodec<std::vector<B>> {
  static std::string Encode(const std::vector<B>& value) {
    return std::string(reinterpret_cast<const char*>(value.data()),
                       value.size());
  }
  static std::vector<B> Decode(std::string_view bytes) {
    const B* const begin = reinterpret_cast<const B*>(bytes.data());
    return std::vector<B>(begin, begin + bytes.size());
  }
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_PORT_CODEC_H_
