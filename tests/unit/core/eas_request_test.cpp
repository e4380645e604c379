// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/eas_request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eas451/core/text.hpp"

namespace eas451 {
namespace {

using namespace std::string_literals;

RequestHead head_with(std::string_view method, std::string_view query, std::initializer_list<HeaderField> fields = {}) {
    RequestHead head;
    head.method = method;
    head.path = "/Microsoft-Server-ActiveSync";
    head.query = query;
    for (const auto& field : fields) head.add(field);
    return head;
}
Result<EasRequest, QueryFault> post(std::string_view query) {
    return parse_eas_request(head_with("POST", query));
}
EasRequest good(std::string_view query) {
    const auto request = post(query);
    EXPECT_TRUE(request) << query;
    return request ? *request : EasRequest{};
}
/// The fault's word; empty when there is none.
std::string_view fault(std::string_view query) {
    const auto request = post(query);
    return request ? std::string_view{} : to_string(request.error());
}
Target target_of(std::string_view method, std::string_view path) {
    RequestHead head;
    head.method = method;
    head.path = path;
    return classify_target(head);
}

TEST(eas_request, plain_query_in_any_order_and_case) {
    for (const auto* query :
         {"Cmd=FolderSync&User=a%40b.c&DeviceId=ABC123&DeviceType=iPad",
          "User=a@b.c&DeviceId=ABC123&DeviceType=iPad&Cmd=FolderSync",
          "cmd=FolderSync&USER=a@b.c&DeviceID=ABC123&devicetype=iPad",
          "&&Cmd=FolderSync&User=a@b.c&x&DeviceId=ABC123&y=&DeviceType=iPad&",
          "%43md=FolderSync&User=a@b.c&DeviceId=%41BC123&DeviceType=iPad&SaveInSent=T&SaveInSent=T"}) {
        const auto request = good(query);
        EXPECT_EQ(request.form, QueryForm::plain);
        EXPECT_EQ(request.method, EasMethod::post);
        EXPECT_EQ(request.command, EasCommand::folder_sync);
        EXPECT_EQ(request.command_name, "FolderSync");
        EXPECT_EQ(request.user, "a@b.c");
        EXPECT_EQ(request.device_id, "ABC123");
        EXPECT_EQ(request.device_type, "iPad");
        EXPECT_TRUE(request.device_id_valid && request.device_type_valid);
        EXPECT_FALSE(request.version);
    }
}

TEST(eas_request, user_is_taken_as_it_is) {
    EXPECT_EQ(good("Cmd=Sync&User=DOM\\user").user, "DOM\\user");
    EXPECT_EQ(good("Cmd=Sync&User=DOM%5Cuser").user, "DOM\\user");
    EXPECT_EQ(good("Cmd=Sync&User=a+b@c").user, "a+b@c");
    EXPECT_EQ(good("Cmd=Sync&User=a=b").user, "a=b");
    EXPECT_EQ(good("Cmd=Sync&User=a%20b").user, "a b");
    EXPECT_EQ(good("Cmd=Sync&User=%C3%A4").user, "\xc3\xa4");
    EXPECT_EQ(good("Cmd=Sync&User=%E4").user, "\xc3\xa4");  // Latin-1
    EXPECT_EQ(good("Cmd=Sync&User").user, "");
    EXPECT_EQ(good("Cmd=Sync&User=" + std::string(4096, 'u')).user, std::string(4096, 'u'));
}

TEST(eas_request, twice_is_refused) {
    for (const auto* query :
         {"Cmd=Sync&Cmd=Sync", "Cmd=Sync&cMD=Ping", "Cmd=Sync&%43md=Ping", "Cmd=Sync&Cmd", "Cmd=Sync&User=a&User=a",
          "Cmd=Sync&User=&User=", "Cmd=Sync&DeviceId=a&DeviceID=b", "DeviceType=a&Cmd=Sync&DeviceType=a"}) {
        EXPECT_EQ(fault(query), "duplicate-parameter") << query;
    }
}

TEST(eas_request, broken_escapes_are_refused_everywhere) {
    for (const std::string name : {"Cmd", "User", "DeviceId", "DeviceType", "ItemId"}) {
        for (const std::string escape : {"%", "%4", "%4g", "%g4", "%%", "%u0041"}) {
            EXPECT_EQ(fault("X=y&" + name + "=" + escape), "bad-escape");
            EXPECT_EQ(fault("X=y&" + name + "=" + escape + "&Y=z"), "bad-escape");
        }
    }
    EXPECT_EQ(fault("Cmd=Sync&%4=y"), "bad-escape");
}

TEST(eas_request, control_bytes_are_refused_everywhere) {
    for (const std::string name : {"Cmd", "User", "DeviceId", "DeviceType", "AttachmentName"}) {
        for (const std::string control : {"%00", "%0d%0aSet-Cookie:x", "%09", "%1F", "%7f"}) {
            EXPECT_EQ(fault("X=y&" + name + "=a" + control), "control-byte") << name << control;
        }
    }
    EXPECT_EQ(fault("Cmd=Sync&a%00=y"), "control-byte");
    EXPECT_EQ(fault("Cmd=Sync&User=%80"), "");
}

TEST(eas_request, commands) {
    EXPECT_EQ(fault(""), "no-command");
    EXPECT_EQ(fault("User=a&DeviceId=b"), "no-command");
    EXPECT_EQ(fault("User="), "no-command");
    EXPECT_EQ(fault("&"), "no-command");
    EXPECT_EQ(fault("Cmd="), "bad-command");
    EXPECT_EQ(fault("Cmd&x=y"), "bad-command");
    for (const auto* bad :
         {"Sync1", "Fol-der", "Folder%20Sync", "%53ync%C3%A4", "Sync,Ping", "../Sync", "Sync%2b", "Sync+"}) {
        EXPECT_EQ(fault("Cmd="s + bad + "&x=y"), "bad-command") << bad;
    }
    EXPECT_EQ(good("Cmd=pING&x=y").command, EasCommand::ping);
    EXPECT_EQ(good("Cmd=pING&x=y").command_name, "pING");
    EXPECT_EQ(good("Cmd=%50ing&x=y").command_name, "Ping");
    const auto longest = good("x=y&Cmd=" + std::string(32, 'Q'));
    EXPECT_EQ(longest.command, EasCommand::unknown);
    EXPECT_EQ(longest.command_name, std::string(32, 'Q'));
    EXPECT_EQ(fault("x=y&Cmd=" + std::string(33, 'Q')), "bad-command");
}

TEST(eas_request, device_ids_and_types_are_judged_not_refused) {
    const auto id = [](const std::string& value) { return good("Cmd=Sync&DeviceId=" + value).device_id_valid; };
    const auto type = [](const std::string& value) { return good("Cmd=Sync&DeviceType=" + value).device_type_valid; };
    EXPECT_TRUE(id("a") && id(std::string(32, 'Z')) && id("0123456789"));
    EXPECT_FALSE(id("") || id(std::string(33, 'Z')) || id("a-b") || id("a,b") || id("%C3%A4") || id("a%20b") ||
                 id("a_b"));
    EXPECT_TRUE(type("a") && type(std::string(32, '~')) && type("Windows-Outlook/15!"));
    EXPECT_FALSE(type("") || type(std::string(33, 'Z')) || type("a%20b") || type("%C3%A4") || type("%20"));
    const auto missing = good("Cmd=Sync");
    EXPECT_FALSE(missing.device_id_valid || missing.device_type_valid);
    EXPECT_EQ(good("Cmd=Sync&DeviceId=a-%E4").device_id, "a-\xc3\xa4");
}

TEST(eas_request, options_needs_no_command) {
    const auto bare = parse_eas_request(head_with("OPTIONS", ""));
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->method, EasMethod::options);
    EXPECT_EQ(bare->form, QueryForm::none);
    EXPECT_EQ(bare->command, EasCommand::unknown);
    EXPECT_EQ(bare->command_name, "");
    const auto with_query = parse_eas_request(head_with("OPTIONS", "User=u&DeviceId=D1&DeviceType=WP8"));
    ASSERT_TRUE(with_query);
    EXPECT_EQ(with_query->form, QueryForm::plain);
    EXPECT_EQ(with_query->device_id, "D1");
    EXPECT_EQ(parse_eas_request(head_with("OPTIONS", "Cmd=")).error(), QueryFault::bad_command);
    EXPECT_EQ(parse_eas_request(head_with("OPTIONS", "User=a&User=b")).error(), QueryFault::duplicate_parameter);
    EXPECT_EQ(parse_eas_request(head_with("OPTIONS", "User=%")).error(), QueryFault::bad_escape);
}

TEST(eas_request, version_header) {
    const auto version = [](std::string_view value) {
        return parse_eas_request(head_with("POST", "Cmd=Sync", {{"ms-asprotocolversion", value}}));
    };
    EXPECT_EQ(version("14.1")->version, ProtocolVersion(14, 1));
    EXPECT_EQ(version(" 16.1\t")->version, ProtocolVersion(16, 1));
    EXPECT_EQ(version("999.999")->version->to_string(), "999.999");
    for (const auto* bad : {"", "14", "14.", ".1", "14.1.1", "v14.1", "14,1", "14.1, 16.1", "16.1;q=1", "-1.0", "1 4.1",
                            "1000.0", "1.1000"}) {
        EXPECT_EQ(version(bad).error(), QueryFault::bad_version) << bad;
    }
    const auto twice =
        head_with("POST", "Cmd=Sync", {{"MS-ASProtocolVersion", "14.1"}, {"MS-ASProtocolVersion", "14.1"}});
    EXPECT_EQ(parse_eas_request(twice).error(), QueryFault::bad_version);
}

TEST(eas_request, understands_status_from_14_0_on) {
    const auto understands = [](std::string_view method, std::string_view value) {
        return parse_eas_request(head_with(method, "Cmd=Sync", {{"MS-ASProtocolVersion", value}}))
            ->understands_status();
    };
    EXPECT_TRUE(understands("POST", "14.0") && understands("POST", "16.1") && understands("POST", "014.0"));
    EXPECT_FALSE(understands("POST", "12.1") || understands("POST", "13.999") || understands("OPTIONS", "16.1"));
    EXPECT_FALSE(good("Cmd=Sync").understands_status());
}

TEST(eas_request, targets) {
    const std::string path = "/Microsoft-Server-ActiveSync";
    for (const std::string known : {"", "/", "/default.eas", "/Proxy/default.eas"}) {
        for (const std::string& spelt : {path + known, ascii_lower(path + known)}) {
            EXPECT_EQ(target_of("POST", spelt), Target::eas) << spelt;
            EXPECT_EQ(target_of("OPTIONS", spelt), Target::eas) << spelt;
            for (const auto* method : {"GET", "HEAD"}) EXPECT_EQ(target_of(method, spelt), Target::eas_page) << method << spelt;
            for (const auto* method : {"PUT", "DELETE", "post", "get", "CONNECT", "TRACE"}) {
                EXPECT_EQ(target_of(method, spelt), Target::other) << method << spelt;
            }
        }
    }
    EXPECT_EQ(target_of("GET", path + "/HealthCheck.htm"), Target::health);
    EXPECT_EQ(target_of("HEAD", path + "/healthcheck.htm"), Target::health);
    EXPECT_EQ(target_of("POST", path + "/healthcheck.htm"), Target::other);
    EXPECT_EQ(target_of("OPTIONS", path + "/healthcheck.htm"), Target::other);
}

TEST(eas_request, no_other_path_is_ours) {
    const std::string path = "/Microsoft-Server-ActiveSync";
    for (const auto& other : {"/"s,
                              ""s,
                              "/owa"s,
                              "/ews/exchange.asmx"s,
                              "/mapi"s,
                              "/autodiscover/autodiscover.json"s,
                              "/" + path,
                              path + "//"s,
                              path + "/Proxy"s,
                              path + "/Proxy/"s,
                              path + "x"s,
                              path + ";x"s,
                              path + "/."s,
                              path + "/../owa"s,
                              "/."s + path,
                              "/%4dicrosoft-Server-ActiveSync"s,
                              path + "%2f"s,
                              path + "/default%2eeas"s,
                              path + "%00"s,
                              path + "/default.eas/"s,
                              path + "/default.eas;x"s,
                              path + "\\"s,
                              path + "/default.eas%20"s}) {
        for (const auto* method : {"POST", "OPTIONS", "GET", "HEAD"})
            EXPECT_EQ(target_of(method, other), Target::other) << other;
    }
}

TEST(eas_request, a_known_name_with_equals_signs_is_no_base64) {
    for (const std::string_view query : {"User=", "User==", "User=%3D", "User=%3D%3D"}) {
        RequestHead head;
        head.method = "OPTIONS";
        head.query = query;
        const auto request = parse_eas_request(head);
        ASSERT_TRUE(request) << query;
        EXPECT_EQ(request->form, QueryForm::plain) << query;
        EXPECT_EQ(request->user.find_first_not_of('='), std::string::npos) << query;
    }
}

TEST(eas_request, plain_query_of_escapes_values) {
    EasRequest request;
    EXPECT_EQ(plain_query_of(request), "");
    request.command_name = "Sync";
    request.device_id = "A b&c=%";
    EXPECT_EQ(plain_query_of(request), "Cmd=Sync&DeviceId=A%20b%26c%3D%25");
    request.user = "D\\u@x\xc3\xa4";
    request.device_type = "a.b-c_d~";
    EXPECT_EQ(plain_query_of(request), "Cmd=Sync&User=D%5Cu%40x%C3%A4&DeviceId=A%20b%26c%3D%25&DeviceType=a.b-c_d~");
}

}  // namespace
}  // namespace eas451
