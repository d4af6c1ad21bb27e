#include "rondo/simnet/buffer_charge.h"

#include <algorithm>
#include <bit>

namespace rondo::internal {
namespace {

constexpr std::size_t kHeader = 256;   // sk_buff.
constexpr std::size_t kTrailer = 320;  // skb_shared_info.
constexpr std::size_t kPage = 4096;

constexpr std::size_t ToPages(std::size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}

// One block of memory for `size` bytes, and `paged` in pages.
std::size_t Charge(std::size_t size, std::size_t paged) {
  const std::size_t block =
      std::max(std::bit_ceil(size + kTrailer), std::size_t{512});
  return kHeader + block + paged;
}

}  // namespace

std::size_t UdpCharge(std::size_t size) {
  constexpr std::size_t kSmallBlock = 576;
  constexpr std::size_t kLargestBlock = 16384;
  constexpr std::size_t kHeadroom = 59;  // IP, UDP, the link, alignment.
  const std::size_t block = size + kHeadroom + kTrailer;
  if (block <= kSmallBlock) return kHeader + kSmallBlock;
  if (block <= kLargestBlock) return kHeader + std::bit_ceil(block);
  return kHeader + kSmallBlock + size;  // The bytes are in pages.
}

std::size_t UnixStreamCharge(std::size_t size) {
  constexpr std::size_t kBlock = kPage - kTrailer;
  if (size <= kBlock) return Charge(size, 0);
  const std::size_t paged = ToPages(size - kBlock);
  return Charge(size - std::min(size, paged), paged);
}

std::size_t UnixDatagramCharge(std::size_t size) {
  constexpr std::size_t kBlock = 4 * kPage - kTrailer;
  constexpr std::size_t kMaxPaged = 45 * kPage;
  if (size <= kBlock) return Charge(size, 0);
  const std::size_t paged = std::min(ToPages(size - kBlock), kMaxPaged);
  return Charge(size - std::min(size, paged), paged);
}

}  // namespace rondo::internal
