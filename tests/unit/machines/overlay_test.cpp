#include "machines/overlay.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/private_file.h"
#include "machines/luks_header.h"
#include "machines/program.h"
#include "support/folder.h"

namespace argosy::machines {
namespace {

constexpr std::int64_t kGiB = 1LL << 30;
Bytes const kSecret(32, std::byte{0xa7});

/// qemu-img, on an encrypted file opened with `secret`.
Result<void> qemu_img(std::vector<std::string> const& verb, std::string const& path, Bytes const& secret) {
  auto const pipe = TRY(hand_over(secret));
  Program program{{"qemu-img"}, "qemu-utils", {pipe.number()}};
  program.arguments.insert(program.arguments.end(), verb.begin(), verb.end());
  auto const image = "driver=qcow2,encrypt.format=luks,encrypt.key-secret=secret,file.filename=" + path;
  program.arguments.insert(program.arguments.end(),
                           {"--object", secret_object("secret", pipe), "--image-opts", image});
  return run_well(program, Duration{60'000});
}

TEST(Overlay, that_is_encrypted_is_whole_for_qemu_at_every_size) {
  tests::Folder folder;
  for (std::int64_t size : {std::int64_t{1} << 20, kGiB, 64 * kGiB, 16384 * kGiB}) {
    auto const path = folder / std::to_string(size);
    auto const created = create_overlay(path, size, kSecret);
    ASSERT_TRUE(created) << created.error().message;
    auto const checked = qemu_img({"check", "-q"}, path, kSecret);
    EXPECT_TRUE(checked) << size << ": " << checked.error().message;
    EXPECT_LT(std::filesystem::file_size(path), 4U << 20U);
  }
}

TEST(Overlay, that_is_encrypted_opens_with_its_own_secret_alone) {
  tests::Folder folder;
  auto const path = folder / "overlay";
  ASSERT_TRUE(create_overlay(path, kGiB, kSecret));
  EXPECT_TRUE(qemu_img({"check", "-q"}, path, kSecret));
  auto const refused = qemu_img({"check", "-q"}, path, Bytes(32, std::byte{0xa8}));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.contains("Invalid password")) << refused.error().message;
}

TEST(Overlay, that_cannot_be_made_is_not_there) {
  tests::Folder folder;
  EXPECT_FALSE(create_overlay(folder / "none/overlay", kGiB, {}));
  EXPECT_FALSE(create_overlay(folder / "overlay", -1, {}));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(LuksHeader, holds_neither_passphrase_nor_anything_of_another) {
  auto entropy = seeded_entropy(5);
  auto const one = make_luks_header("passphrase", *entropy);
  auto const other = make_luks_header("passphrase", *entropy);
  ASSERT_TRUE(one && other);
  EXPECT_FALSE(as_text(*one).contains("passphrase"));
  auto const material = [](Bytes const& header) { return as_text(header).substr(4096, 256'000); };
  EXPECT_NE(material(*one).substr(0, 64), material(*other).substr(0, 64));
  EXPECT_FALSE(is_all_zero(as_bytes(material(*one).substr(255'936))));
  EXPECT_EQ(one->size(), 4040U * 512U);
}

}  // namespace
}  // namespace argosy::machines
