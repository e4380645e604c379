# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: the server under test, the phones that call it, its people."""
