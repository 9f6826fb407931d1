// SPDX-License-Identifier: BSD-3-Clause
#include "auth/login/pam_session.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>

#include <cstdlib>
#include <cstring>

namespace berth::auth {
namespace {

// pam_conv's rule: a malloc'ed array of malloc'ed answers, which PAM frees. Every hidden question is answered
// with the password; there is nobody to ask for more.
int converse(int count, const pam_message** messages, pam_response** answers, void* data) {
    if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
    const auto& password = *static_cast<const std::string*>(data);
    auto* out =
        static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    if (!out) return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) out[i].resp = strdup(password.c_str());
    *answers = out;
    return PAM_SUCCESS;
}

// The hub slows down guessing itself; a child that sleeps would keep others waiting.
void no_delay(int, unsigned, void*) {}

class pam_transaction {
  public:
    pam_transaction(const pam_settings& settings, const std::string& name, const std::string& password)
        : conversation_{converse, const_cast<std::string*>(&password)} {
        const char* folder = settings.folder.empty() ? nullptr : settings.folder.c_str();
        status_ = pam_start_confdir(settings.service.c_str(), name.c_str(), &conversation_, folder, &handle_);
    }
    pam_transaction(const pam_transaction&) = delete;
    pam_transaction& operator=(const pam_transaction&) = delete;
    ~pam_transaction() {
        if (handle_) pam_end(handle_, status_);
    }

    int check() {
        if (status_ != PAM_SUCCESS) return status_;
        auto* quick = &no_delay;
        pam_set_item(handle_, PAM_FAIL_DELAY, reinterpret_cast<const void*>(quick));
        pam_set_item(handle_, PAM_TTY, "berth");
        status_ = pam_authenticate(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
        recognised_ = status_ == PAM_SUCCESS;
        if (recognised_) status_ = pam_acct_mgmt(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
        return status_;
    }
    std::string user() const {
        const void* name = nullptr;
        if (pam_get_item(handle_, PAM_USER, &name) != PAM_SUCCESS || !name) return {};
        return static_cast<const char*>(name);
    }
    failure why() const;

  private:
    pam_conv conversation_;
    pam_handle_t* handle_ = nullptr;
    int status_ = PAM_ABORT;
    bool recognised_ = false; // the password was right
};

failure pam_transaction::why() const {
    switch (status_) {
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_PERM_DENIED:
        if (recognised_)
            return {errc::denied, "The account may not sign in on this machine. Ask the administrators."};
        return {errc::unauthenticated, "Invalid username or password"};
    case PAM_ACCT_EXPIRED: return {errc::denied, "The account has expired. Ask the administrators."};
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
        return {errc::denied, "The password has expired. Sign in to the cluster by ssh and set a new one."};
    default: return {errc::unavailable, fmt::format("PAM: {}", pam_strerror(handle_, status_))};
    }
}

std::vector<std::string> groups_of(const std::string& name) {
    const auto* entry = getpwnam(name.c_str());
    if (!entry) return {};
    const auto primary = entry->pw_gid;
    int count = 64;
    std::vector<gid_t> ids(static_cast<std::size_t>(count));
    while (getgrouplist(name.c_str(), primary, ids.data(), &count) < 0)
        ids.resize(static_cast<std::size_t>(count));
    ids.resize(static_cast<std::size_t>(count));
    std::vector<std::string> out;
    for (const auto id : ids)
        if (const auto* group = getgrgid(id)) out.emplace_back(group->gr_name);
    return out;
}

} // namespace

result<pam_identity> ask_pam(const pam_settings& settings, const std::string& name,
                             const std::string& password) {
    pam_transaction pam(settings, name, password);
    if (pam.check() != PAM_SUCCESS) return fail(pam.why());
    pam_identity out{pam.user(), {}};
    out.groups = groups_of(out.name);
    return out;
}

} // namespace berth::auth
