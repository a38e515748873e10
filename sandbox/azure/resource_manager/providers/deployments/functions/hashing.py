"""uniqueString() and guid(), computed as in Azure, so that the sandbox derives the same names.

guid() is a version 5 UUID in a namespace that Azure has for it. uniqueString() is a 64-bit Murmur hash
(variant 3, two 32-bit lanes) in base 32, checked against values of real deployments.
"""

from __future__ import annotations

import uuid

from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
)

_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_MASK = 0xFFFFFFFF
_FACTORS = (0x239B961B, 0xAB0E9789)
_SUMMANDS = (0x561CCD1B, 0x0BCAA747)


def unique_string(*values: str) -> str:
    """Return 13 characters of [a-z2-7], which depend on the values only."""
    text = "-".join(text_argument("uniqueString", value) for value in values)
    number = _murmur64(text.encode())
    return "".join(_ALPHABET[(number << 5 * place & 0xFFFFFFFFFFFFFFFF) >> 59] for place in range(13))


def guid(*values: str) -> str:
    """Return a UUID that depends on the values only."""
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join(text_argument("guid", value) for value in values)))


def _rotate(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & _MASK


def _scramble(word: int, lane: int) -> int:
    """Return a 32-bit word, mixed for its lane."""
    first, second = _FACTORS if lane == 0 else _FACTORS[::-1]
    return _rotate(word * first & _MASK, 15 if lane == 0 else 17) * second & _MASK


def _finish(lane: int) -> int:
    lane = (lane ^ lane >> 16) * 0x85EBCA6B & _MASK
    lane = (lane ^ lane >> 13) * 0xC2B2AE35 & _MASK
    return lane ^ lane >> 16


def _word(data: bytes) -> int:
    return int.from_bytes(data[:4], "little")


def _murmur64(data: bytes) -> int:
    low = high = 0
    whole = len(data) - len(data) % 8
    for at in range(0, whole, 8):
        low ^= _scramble(_word(data[at:]), 0)
        low = ((_rotate(low, 19) + high) * 5 + _SUMMANDS[0]) & _MASK
        high ^= _scramble(_word(data[at + 4 :]), 1)
        high = ((_rotate(high, 13) + low) * 5 + _SUMMANDS[1]) & _MASK
    rest = data[whole:]
    low ^= _scramble(_word(rest), 0) ^ len(data)
    high ^= _scramble(_word(rest[4:]), 1) ^ len(data)
    low = low + high & _MASK
    high = high + low & _MASK
    low, high = _finish(low), _finish(high)
    low = low + high & _MASK
    return (high + low & _MASK) << 32 | low


FUNCTIONS = table(Function("uniqueString", unique_string, 1), Function("guid", guid, 1))
