// What Linux counts against a socket's buffer for so many bytes.
//
// It is the memory that holds them (skb->truesize), so that many small
// messages fill a buffer long before their bytes do. Measured on Linux 6.18,
// x86-64; the formulas are those of alloc_skb and sock_alloc_send_pskb.
#ifndef RONDO_SIMNET_BUFFER_CHARGE_H_
#define RONDO_SIMNET_BUFFER_CHARGE_H_

#include <cstddef>

namespace rondo::internal {

// A UDP datagram, for its receiver.
std::size_t UdpCharge(std::size_t size);

// A piece of a Unix stream, for its sender. No piece is longer than
// kUnixPiece.
inline constexpr std::size_t kUnixPiece = 36544;
std::size_t UnixStreamCharge(std::size_t size);

// A Unix datagram, for its sender.
std::size_t UnixDatagramCharge(std::size_t size);

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_BUFFER_CHARGE_H_
