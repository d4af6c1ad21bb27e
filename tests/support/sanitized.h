// Whether this is built with AddressSanitizer; with UBSan, too, by tools/check.
#ifndef RONDO_TESTS_SUPPORT_SANITIZED_H_
#define RONDO_TESTS_SUPPORT_SANITIZED_H_

namespace rondo {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SANITIZED_H_
