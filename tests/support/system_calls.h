// How many system calls a piece of code makes.
#ifndef RONDO_TESTS_SUPPORT_SYSTEM_CALLS_H_
#define RONDO_TESTS_SUPPORT_SYSTEM_CALLS_H_

#include <functional>
#include <vector>

namespace rondo {

// Calls `function` in a child process, with a function that ends a part;
// returns how many system calls each part took, but those that manage memory.
// What comes after the last mark does not count. Expectations that fail in the
// child fail here. Empty if processes may not be traced here.
std::vector<int> SystemCallsOf(
    const std::function<void(const std::function<void()>& mark)>& function);

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SYSTEM_CALLS_H_
