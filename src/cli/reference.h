// cli/reference.h - what a user may write for an image, a snapshot, a disk's name and those he shares with.
// Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"

namespace argosy::cli {

/// [PROFILE:][REGION/]ID or, for images, [PROFILE:][REGION/]name:NAME. "us-east-1/ami-0123456789abcdef0",
/// "lab:us-west-2/name:web-1", "snap-01234567".
struct Reference {
  std::optional<std::string> profile;
  std::optional<std::string> region;
  std::string id;    ///< empty: it is called by its name
  std::string name;  ///< of an image; empty: it is called by its id
};

/// Fails with `usage` unless the id begins with one of `prefixes` ("ami-", "snap-"). A name is taken where
/// "ami-" is among them.
Outcome<Reference> parse_reference(std::string_view text, std::vector<std::string_view> const& prefixes);

/// Fails with `usage` unless it could be a region's name: lower-case letters, digits and hyphens.
Outcome<void> check_region(std::string_view name);

/// The same values in the same order, each once.
std::vector<std::string> without_repeats(std::vector<std::string> const& values);

/// KEY=VALUE; fails with `usage`.
struct TagArgument {
  std::string key;
  std::string value;
};
Outcome<TagArgument> parse_tag(std::string const& text);

/// Fails with `usage` unless EC2 would take it as an image's name. Source: ec2-semantics I2.
Outcome<void> check_image_name(std::string_view name);
/// A legal image name (3 to 128 of the characters that EC2 allows) out of a disk's file name.
std::string image_name_of(std::string_view path);

}  // namespace argosy::cli
