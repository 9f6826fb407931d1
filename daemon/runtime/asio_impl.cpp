// SPDX-License-Identifier: BSD-3-Clause
// The one translation unit that holds Asio's compiled part.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
