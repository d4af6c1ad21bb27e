#include "rondo/replay/decisions.h"

#include <gtest/gtest.h>

namespace rondo {
namespace {

TEST(PickPointNameTest, NamesEveryPoint) {
  EXPECT_EQ(PickPointName(PickPoint::kReady), "ready");
  EXPECT_EQ(PickPointName(PickPoint::kEvent), "event");
  EXPECT_EQ(PickPointName(PickPoint::kFault), "fault");
}

}  // namespace
}  // namespace rondo
