// The bugs of this directory, by the names of their scenarios.
#ifndef RONDO_TESTS_BUGS_BUGS_H_
#define RONDO_TESTS_BUGS_BUGS_H_

#include <array>
#include <string>

namespace rondo {

struct Bug {
  const char* name;  // Of the buggy scenario.
  const char* signature;

  std::string fixed() const { return std::string(name) + "Fixed"; }
};

inline constexpr std::array<Bug, 6> kBugs = {{
    {"ResponseOffByOne", "fail: wrong reply"},
    {"LostWakeupInLimit", "fail: lost wake-up"},
    {"SwallowedCancel", "fail: swallowed cancellation"},
    {"LostNotification", "fail: lost notification"},
    {"ItemToCancelledReceiver", "fail: lost item"},
    {"IdleTimerVersusCheckout", "fail: request failed"},
}};

}  // namespace rondo

#endif  // RONDO_TESTS_BUGS_BUGS_H_
