#include <promfill/sources.h>

#include <iostream>

int main(int, char** argv) {
  const auto report = promfill::import_files({.inputs = {argv[1]}}, {.out = argv[2]});
  if (!report) return promfill::report_error(report.error());
  std::cout << report->ledger.written << " samples of a file\n";
}
