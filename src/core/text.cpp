// SPDX-License-Identifier: Apache-2.0
#include "eas451/core/text.hpp"
