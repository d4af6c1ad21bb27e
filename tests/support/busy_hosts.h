// A scenario with something of everything: tasks, callbacks, timers, sockets.
#ifndef RONDO_TESTS_SUPPORT_BUSY_HOSTS_H_
#define RONDO_TESTS_SUPPORT_BUSY_HOSTS_H_

#include "rondo/simnet/simulation.h"

namespace rondo {

// n1 and n2 echo; n3 has tasks, callbacks and timers and touches no socket;
// main talks to n1 and n2 at once. Every host puts a random number out.
void BusyHosts(Simulation& sim);

// The same with two more hosts, one that is added before the others and one
// after them, with traffic of their own.
void BusyHostsAndMore(Simulation& sim);

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_BUSY_HOSTS_H_
