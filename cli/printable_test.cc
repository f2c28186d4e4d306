// Goal: what a file says can't act on a terminal, and what people write stays readable.
#include "printable.h"

#include <gtest/gtest.h>

namespace promfill::cli {
namespace {

TEST(Printable, KeepsWhatPeopleWrite) {
  for (const std::string text : {"", "plain", "Grüße, 日本 🚀", "a\tb\nc"}) EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsControlCharactersAsBytes) {
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("a\rb\x7f"), "a\\x0db\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J")
      << "the one-character form of ESC [";
}

TEST(Printable, ShowsWhatIsNoUtf8AsBytes) {
  EXPECT_EQ(printable("ho\xf5t"), "ho\\xf5t");
  EXPECT_EQ(printable("\xe4\xbd"), "\\xe4\\xbd") << "a character cut off";
  EXPECT_EQ(printable("\xc0\x80\xed\xa0\x80"), "\\xc0\\x80\\xed\\xa0\\x80") << "overlong, surrogate";
}

}  // namespace
}  // namespace promfill::cli
