// SPDX-License-Identifier: Apache-2.0
// The names of wbxml_status.hpp (MS-ASCMD 2.2.2), from 101 on.
#include <array>

#include "eas451/core/wbxml_status.hpp"

namespace eas451 {
namespace {

constexpr unsigned first_status = 101;
// Empty: not assigned.
constexpr auto names = std::to_array<std::string_view>({
    "InvalidContent", "InvalidWBXML", "InvalidXML", "InvalidDateTime", "InvalidCombinationOfIDs", "InvalidIDs", "InvalidMIME",
    "DeviceIdMissingOrInvalid", "DeviceTypeMissingOrInvalid", "ServerError",
    "ServerErrorRetryLater", "ActiveDirectoryAccessDenied", "MailboxQuotaExceeded", "MailboxServerOffline", "SendQuotaExceeded",
    "MessageRecipientUnresolved", "MessageReplyNotAllowed", "MessagePreviouslySent", "MessageHasNoRecipient",
    "MailSubmissionFailed",
    "MessageReplyFailed", "AttachmentIsTooLarge", "UserHasNoMailbox", "UserCannotBeAnonymous", "UserPrincipalCouldNotBeFound",
    "UserDisabledForSync", "UserOnNewMailboxCannotSync", "UserOnLegacyMailboxCannotSync", "DeviceIsBlockedForThisUser",
    "AccessDenied",
    "AccountDisabled", "SyncStateNotFound", "SyncStateLocked", "SyncStateCorrupt", "SyncStateAlreadyExists",
    "SyncStateVersionInvalid", "CommandNotSupported", "VersionNotSupported", "DeviceNotFullyProvisionable", "RemoteWipeRequested",
    "LegacyDeviceOnStrictPolicy", "DeviceNotProvisioned", "PolicyRefresh", "InvalidPolicyKey", "ExternallyManagedDevicesNotAllowed",
    "NoRecurrenceInCalendar", "UnexpectedItemClass", "RemoteServerHasNoSSL", "InvalidStoredRequest", "ItemNotFound",
    "TooManyFolders", "NoFoldersFound", "ItemsLostAfterMove", "FailureInMoveOperation",
    "MoveCommandDisallowedForNonPersistentMoveAction", "MoveCommandInvalidDestinationFolder", "", "", "",
    "AvailabilityTooManyRecipients",
    "AvailabilityDLLimitReached", "AvailabilityTransientFailure", "AvailabilityFailure", "BodyPartPreferenceTypeNotSupported",
    "DeviceInformationRequired", "InvalidAccountId", "AccountSendDisabled", "IRM_FeatureDisabled", "IRM_TransientError",
    "IRM_PermanentError",
    "IRM_InvalidTemplateID", "IRM_OperationNotPermitted", "NoPicture", "PictureTooLarge", "PictureLimitReached",
    "BodyPart_ConversationTooLarge", "MaximumDevicesReached", "InvalidMimeBodyCombination", "InvalidSmartForwardParameters", "",
    "", "", "InvalidRecipients", "OneOrMoreExceptionsFailed",
});

}  // namespace

std::string_view common_status_name(unsigned status) {
    if (status < first_status || status - first_status >= names.size()) return {};
    return names[status - first_status];
}

}  // namespace eas451
