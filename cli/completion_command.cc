// `promfill completion`: scripts for shells, made from the commands and options that CLI11 knows.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "exit_code.h"
#include "output.h"

namespace promfill::cli {
namespace {

struct CompletedOption {
  std::vector<std::string> words;  ///< "-r", "--human-readable"; none for an argument without a dash
  std::string description;
  std::vector<std::string> choices;
  bool takes_value = false;
};

struct CompletedCommand {
  std::string name;
  std::string description;
  std::vector<CompletedOption> options;
};

/// The words of a set of choices, which CLI11 shows as "{a,b}" behind the option's type.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

std::vector<CompletedCommand> commands_of(const CLI::App& app) {
  std::vector<CompletedCommand> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    CompletedCommand& completed = commands.emplace_back();
    completed.name = command->get_name();
    completed.description = command->get_description();
    for (const CLI::Option* option : command->get_options()) {
      CompletedOption& known = completed.options.emplace_back();
      for (const std::string& name : option->get_snames()) known.words.push_back("-" + name);
      for (const std::string& name : option->get_lnames()) known.words.push_back("--" + name);
      known.description = option->get_description();
      known.choices = choices_of(*option);
      known.takes_value = option->get_items_expected_max() > 0;
    }
  }
  return commands;
}

std::string join(const std::vector<std::string>& words, std::string_view between = " ") {
  return fmt::format("{}", fmt::join(words, between));
}

/// `text` in single quotes for any of the shells.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> names_of(const std::vector<CompletedCommand>& commands) {
  std::vector<std::string> names;
  for (const CompletedCommand& command : commands) names.push_back(command.name);
  return names;
}

std::string bash_script(const std::vector<CompletedCommand>& commands) {
  std::string values;   // of options: by command and the word before
  std::string options;  // by command
  for (const CompletedCommand& command : commands) {
    std::vector<std::string> words;
    for (const CompletedOption& option : command.options) {
      words.insert(words.end(), option.words.begin(), option.words.end());
      if (option.choices.empty()) continue;
      for (const std::string& word : option.words.empty() ? std::vector<std::string>{"*"} : option.words) {
        values += fmt::format("    {}\\ {}) words={} ;;\n", command.name, word, shell_quoted(join(option.choices)));
      }
    }
    options += fmt::format("    {}) words={} ;;\n", command.name, shell_quoted(join(words)));
  }
  return fmt::format(R"(# bash completion for promfill; source it, or put it into /etc/bash_completion.d
_promfill() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="${{COMP_WORDS[1]}}" words=""
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W {} -- "$current")
    return
  fi
  if [[ "$current" == -* ]]; then
    case "$command" in
{}    esac
  else
    case "$command $previous" in
{}    esac
  fi
  if [[ -n "$words" ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -o filenames -F _promfill promfill
)",
                     shell_quoted(join(names_of(commands)) + " --help --version"), options, values);
}

/// For _arguments, which gives brackets and colons a meaning.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_script(const std::vector<CompletedCommand>& commands) {
  std::string names;
  std::string cases;
  for (const CompletedCommand& command : commands) {
    names += fmt::format("    {}\n", shell_quoted(zsh_text(command.name) + ":" + command.description));
    cases += fmt::format("    {}) _arguments", command.name);
    for (const CompletedOption& option : command.options) {
      const std::string value = option.choices.empty() ? ":_files" : ":(" + join(option.choices) + ")";
      if (option.words.empty()) cases += " \\\n      " + shell_quoted("*:argument" + value);
      for (const std::string& word : option.words) {
        cases += " \\\n      " + shell_quoted(word + "[" + zsh_text(option.description) + "]" +
                                              (option.takes_value ? ":value" + value : ""));
      }
    }
    cases += " ;;\n";
  }
  return fmt::format(R"(#compdef promfill
# zsh completion for promfill; put it into a directory of $fpath as _promfill
_promfill() {{
  local -a commands
  commands=(
{}  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  ((CURRENT--))
  case "$command" in
{}  esac
}}
_promfill "$@"
)",
                     names, cases);
}

std::string fish_script(const std::vector<CompletedCommand>& commands) {
  std::string out = "# fish completion for promfill; put it into ~/.config/fish/completions/promfill.fish\n";
  for (const CompletedCommand& command : commands) {
    out += fmt::format("complete -c promfill -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       shell_quoted(command.description));
    const std::string seen = shell_quoted("__fish_seen_subcommand_from " + command.name);
    for (const CompletedOption& option : command.options) {
      std::string line = fmt::format("complete -c promfill -n {}", seen);
      for (const std::string& word : option.words) {
        line += word.starts_with("--") ? " -l " + word.substr(2) : " -s " + word.substr(1);
      }
      if (option.words.empty() && option.choices.empty()) continue;  // a path: fish completes files by itself
      if (!option.words.empty() && option.takes_value) line += " -r";
      if (!option.choices.empty()) line += " -f -a " + shell_quoted(join(option.choices));
      out += fmt::format("{} -d {}\n", line, shell_quoted(option.description));
    }
  }
  return out;
}

int run_completion(const CLI::App& app, const std::string& shell) {
  const std::vector<CompletedCommand> commands = commands_of(app);
  Output out;
  out.write(shell == "bash" ? bash_script(commands) : shell == "zsh" ? zsh_script(commands) : fish_script(commands));
  return out.finish(kExitOk);
}

}  // namespace

void add_completion_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>{"bash", "zsh", "fish"}));
  command->callback([&app, &run, shell] { run = [&app, shell] { return run_completion(app, *shell); }; });
}

}  // namespace promfill::cli
