// tests/fuzz/replay.cpp - runs a fuzzer without libFuzzer: over its corpus, then over random changes of it.
// Usage: fuzz_NAME [--seconds N] [--seed N] FILE_OR_FOLDER...
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

using Data = std::vector<std::uint8_t>;

constexpr std::size_t kMaxBytes = 65'536;
constexpr char const* kCrashFile = "crash-input";

Data const* current = nullptr;  // what is being tried, for the handler of signals

/// Keeps the input that ended the process, then lets it end.
void keep_input(int signal) {
  int file = ::open(kCrashFile, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && current != nullptr) {
    constexpr std::string_view kSaid = "the input is in ./crash-input\n";
    if (::write(file, current->data(), current->size()) >= 0 && ::write(2, kSaid.data(), kSaid.size()) >= 0)
      ::close(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void try_data(Data const& data) {
  current = &data;
  LLVMFuzzerTestOneInput(data.data(), data.size());
}

std::vector<Data> read_corpus(std::vector<std::string> const& paths) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (auto const& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (auto const& entry : fs::directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Data> corpus;
  for (auto const& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

/// Changes one thing: a bit, a byte, a piece left out or doubled, a piece of another input.
void mutate(Data& data, std::vector<Data> const& corpus, std::mt19937_64& random) {
  auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(1, limit));
  };
  auto const at = below(data.size());
  auto const iterator = [&](std::size_t position) {
    return data.begin() + static_cast<std::ptrdiff_t>(position);
  };
  auto const length = std::min(below(64) + 1, data.size() - at);
  switch (data.empty() ? 4 : below(6)) {
    case 0:
      data[at] ^= static_cast<std::uint8_t>(1U << below(8));
      break;
    case 1:
      data[at] = static_cast<std::uint8_t>(random());
      break;
    case 2:
      data.erase(iterator(at), iterator(at + length));
      break;
    case 3: {
      Data const piece(iterator(at), iterator(at + length));
      data.insert(iterator(below(data.size())), piece.begin(), piece.end());
      break;
    }
    case 4:
      data.insert(iterator(at), static_cast<std::uint8_t>(random()));
      break;
    default: {
      auto const& other = corpus[below(corpus.size())];
      data.resize(at);
      data.insert(data.end(), other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())),
                  other.end());
    }
  }
  if (data.size() > kMaxBytes) data.resize(kMaxBytes);
}

}  // namespace

int main(int argc, char** argv) {
  int seconds = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    std::string const argument(argv[i]);
    if (argument == "--seconds" && i + 1 < argc) {
      seconds = std::stoi(argv[++i]);
    } else if (argument == "--seed" && i + 1 < argc) {
      seed = std::stoull(argv[++i]);
    } else {
      paths.push_back(argument);
    }
  }
  for (int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, keep_input);
  auto const corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::cerr << "no inputs\n";
    return 2;
  }
  for (auto const& data : corpus) try_data(data);
  std::mt19937_64 random(seed);
  std::uint64_t tried = 0;
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (; std::chrono::steady_clock::now() < end; ++tried) {
    auto data = corpus[random() % corpus.size()];
    for (auto times = random() % 4 + 1; times > 0; --times) mutate(data, corpus, random);
    try_data(data);
  }
  std::cerr << corpus.size() << " inputs of the corpus and " << tried << " changed ones (seed " << seed
            << ")\n";
  return 0;
}
