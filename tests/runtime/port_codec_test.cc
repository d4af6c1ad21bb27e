#include "rondo/runtime/port_codec.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

enum class Colour : std::int16_t { kRed = -2 };

// The bytes are part of traces: they never change.
TEST(PortCodecTest, IntegersAreLittleEndian) {
  EXPECT_EQ(PortCodec<std::uint32_t>::Encode(0x01020304), "\4\3\2\1");
  EXPECT_EQ(PortCodec<std::int16_t>::Encode(-2), "\xfe\xff");
  EXPECT_EQ(PortCodec<Colour>::Encode(Colour::kRed), "\xfe\xff");
  EXPECT_EQ(PortCodec<bool>::Encode(true), "\1");
  EXPECT_EQ(PortCodec<char>::Encode('x'), "x");
}

template <class T>
void RoundTrip(const T& value) {
  EXPECT_EQ(PortCodec<T>::Decode(PortCodec<T>::Encode(value)), value);
}

TEST(PortCodecTest, WhatIsEncodedIsDecoded) {
  for (const int value : {0, 1, -1, std::numeric_limits<int>::min(),
                          std::numeric_limits<int>::max()}) {
    RoundTrip(value);
  }
  RoundTrip(std::numeric_limits<std::uint64_t>::max());
  RoundTrip(std::numeric_limits<std::int64_t>::min());
  RoundTrip(false);
  RoundTrip(Colour::kRed);
  RoundTrip(std::string());
  RoundTrip(std::string("a\0b", 3));
  RoundTrip(std::vector<unsigned char>{0, 255, 7});
  RoundTrip(std::vector<std::byte>{std::byte{1}});
  RoundTrip(std::vector<char>());
}

TEST(PortCodecTest, AnIntegerOfAnotherSizeIsRefused) {
  EXPECT_THROW(PortCodec<int>::Decode("123"), ValueError);
  EXPECT_THROW(PortCodec<int>::Decode("12345"), ValueError);
  EXPECT_THROW(PortCodec<bool>::Decode(""), ValueError);
}

}  // namespace
}  // namespace rondo
