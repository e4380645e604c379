// SPDX-License-Identifier: Apache-2.0
// What the tests of decide() are made from: requests, recipients, policies and relationships, each
// of them one that works, for a test to change the one thing it is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eas451/core/decision.hpp"

namespace eas451::test {

inline constexpr SteadyTime now{std::chrono::hours(1000)};

inline EasRequest post(std::optional<ProtocolVersion> version, EasCommand command = EasCommand::ping) {
    EasRequest request;
    request.form = QueryForm::plain;
    request.command = command;
    request.command_name = std::string(to_string(command));
    request.version = version;
    request.user = "user12@contoso.com";
    request.device_id = "RSUA4U03JH48LAS6T7BD2TENV0";
    request.device_type = "iPad";
    request.device_id_valid = true;
    request.device_type_valid = true;
    return request;
}

inline EasRequest options(std::optional<ProtocolVersion> version = std::nullopt) {
    EasRequest request;
    request.method = EasMethod::options;
    request.version = version;
    return request;
}

inline Recipient moved_recipient(std::string target_address = "SMTP:user12@contoso.mail.onmicrosoft.com") {
    Recipient recipient;
    recipient.user_principal_name = "user12@contoso.com";
    recipient.sam_account_name = "user12";
    recipient.mail = "user12@contoso.com";
    recipient.mail_nickname = "user12";
    recipient.target_address = std::move(target_address);
    recipient.recipient_type_details = 2147483648;
    return recipient;
}

inline Recipient local_recipient() {
    Recipient recipient = moved_recipient({});
    recipient.home_mdb = "CN=DB1,CN=Databases,DC=contoso,DC=com";
    recipient.recipient_type_details = 1;
    return recipient;
}

inline LoginOutcome accepted(Recipient recipient, LoginForm form = LoginForm::upn) {
    return Accepted{std::make_shared<const Recipient>(std::move(recipient)), form};
}

inline OrganizationRelationship relationship(std::string name, std::string domain, std::string target_owa_url) {
    OrganizationRelationship made;
    made.name = std::move(name);
    made.domain_names = {std::move(domain)};
    made.target_owa_url = std::move(target_owa_url);
    return made;
}

inline OrganizationRelationship office365() {
    return relationship("Office 365", "contoso.mail.onmicrosoft.com", "https://outlook.office.com/mail");
}

inline Policy policy() {
    Policy made;
    made.public_names = {"mail.contoso.com"};
    return made;
}

}  // namespace eas451::test
