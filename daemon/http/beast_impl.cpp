// SPDX-License-Identifier: BSD-3-Clause
// The one translation unit that holds Beast's compiled part.
#include <boost/beast/src.hpp>
