-- SPDX-License-Identifier: BSD-3-Clause
-- For wrk: POST /users/NAME/activity, each with a later time than the one before, as single-user servers send them.
local count = 0
function request()
   count = count + 1
   local at = os.date("!%Y-%m-%dT%H:%M:%S.") .. string.format("%06dZ", count % 1000000)
   return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"] },
                     '{"last_activity": "' .. at .. '"}')
end
