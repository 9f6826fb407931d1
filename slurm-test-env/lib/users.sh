# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The unix accounts that the tests sign in with. An account that was here before is left as it is.

is_test_user() { [[ $(getent passwd "$1" | cut -d: -f5) == "$TEST_USER_MARK"* ]]; }

home_option() { [ "$1" = dave ] && echo --no-create-home || echo --create-home; }

make_users() {
  local user
  for user in "${TEST_USERS[@]}"; do
    getent passwd "$user" >/dev/null ||
      useradd "$(home_option "$user")" --shell /bin/bash --comment "$TEST_USER_MARK" "$user" || die "cannot add user $user"
    if is_test_user "$user"; then
      echo "$user:$user" | chpasswd 2>/dev/null || die "cannot set the password of $user"
    else
      say "note: user $user was here before; password and home stay as they are"
    fi
  done
}

# No sign-in any more, until the next `up`: passwords that everybody can guess should not outlive a demonstration.
lock_users() {
  local user
  for user in "${TEST_USERS[@]}"; do
    is_test_user "$user" && passwd --quiet --lock "$user"
  done
}

remove_users() {
  local user
  for user in "${TEST_USERS[@]}"; do
    is_test_user "$user" && userdel --remove "$user" 2>/dev/null && say "removed user $user"
  done
}
