// ec2/key_pairs.h - CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPair.
#pragma once
#include "access/caller.h"
#include "base/clock.h"
#include "catalogue/schema.h"
#include "crypto/ssh_key.h"
#include "messages/ec2/create_key_pair.h"
#include "messages/ec2/delete_key_pair.h"
#include "messages/ec2/describe_key_pairs.h"
#include "messages/ec2/import_key_pair.h"

namespace argosy::ec2 {

/// The keys are made before a transaction is open: that takes a while. A dry run ends here. Fails with
/// InvalidParameterValue, UnsupportedOperation.
Result<crypto::SshKeyPair> make_keys(Entropy& entropy, messages::ec2::CreateKeyPairRequest const& request);
/// Fails with InvalidKeyPair.Duplicate, ResourceLimitExceeded, and as tags_for does.
Result<messages::ec2::CreateKeyPairResponse> create_key_pair(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, Entropy& entropy,
    crypto::SshKeyPair const& keys, messages::ec2::CreateKeyPairRequest const& request);
/// Fails with InvalidKey.Format, MissingParameter, and as above.
Result<messages::ec2::ImportKeyPairResponse> import_key_pair(
    catalogue::Transaction& tx, access::Caller const& caller, Time now, Entropy& entropy,
    messages::ec2::ImportKeyPairRequest const& request);
/// EC2 has no pages of key pairs: who asks hears of all at once, and they are read in pages all the same.
struct KeyPairsPage {
  std::vector<messages::ec2::KeyPairInfo> key_set;
  std::optional<std::string> next_token;  ///< the last one's name, if there may be more
};
/// Those behind a name. Fails with InvalidKeyPair.NotFound, InvalidParameterValue, FilterLimitExceeded.
Result<KeyPairsPage> describe_key_pairs(catalogue::Transaction& tx, access::Caller const& caller,
                                        messages::ec2::DescribeKeyPairsRequest const& request,
                                        std::string const& after_name);
/// One that is not there is deleted, too. Fails with MissingParameter.
Result<messages::ec2::DeleteKeyPairResponse> delete_key_pair(
    catalogue::Transaction& tx, access::Caller const& caller,
    messages::ec2::DeleteKeyPairRequest const& request);

}  // namespace argosy::ec2
