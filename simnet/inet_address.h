// What a simulated host makes of IPv4 and IPv6 addresses.
//
// Inside, an address is of the network that it is used on: what an IPv6 socket
// calls ::ffff:10.0.0.1 is 10.0.0.1.
#ifndef RONDO_SIMNET_INET_ADDRESS_H_
#define RONDO_SIMNET_INET_ADDRESS_H_

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

// 127.0.0.0/8 and ::1.
bool IsLoopback(const SocketAddress& address);
// 127.0.0.1 or ::1.
SocketAddress Loopback(AddressFamily family, std::uint16_t port);
// 0.0.0.0 or ::.
SocketAddress AnyAddress(AddressFamily family);

// The address `given` by a program to a socket of `family`, as it is inside.
// Returns 0, -EAFNOSUPPORT, -EINVAL, or `only` for an IPv4 address when the
// socket takes IPv6 only.
SysResult FromProgram(const SocketAddress& given, AddressFamily family,
                      bool ipv6_only, int only, SocketAddress* out);
// The other way: as a socket of `family` shows it.
SocketAddress ToProgram(const SocketAddress& address, AddressFamily family);

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_INET_ADDRESS_H_
