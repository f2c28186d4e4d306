# Doxygen 1.9 takes the ' of 10'000 for the beginning of a character, and <job> for a tag of HTML.
s/\([0-9]\)'\([0-9]\)/\1\2/g
s/<job>/JOB/
# Comparisons member by member, and moves, need no words.
/= default;$/{/friend\|noexcept/d}
/(BlockWriter&& other) noexcept;$/d
/(RecordJob&& other) noexcept;$/d
/(Writer&& other) noexcept;$/d
