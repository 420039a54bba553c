#include "CKernels.h"
#include "strict.h"

size_t jl_scan_field(const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t *high) {
    uint8_t seen = 0;
    size_t i = 0;
    for (; i < count; i++) {
        uint8_t byte = bytes[i];
        if (byte == delimiter || byte == '"' || byte == '\n' || byte == '\r' || byte == 0) break;
        seen |= byte;
    }
    if (seen & 0x80) *high = 1;
    return i;
}

size_t jl_scan_quoted(const uint8_t *bytes, size_t count, uint8_t *high) {
    uint8_t seen = 0;
    size_t i = 0;
    for (; i < count; i++) {
        uint8_t byte = bytes[i];
        if (byte == '"' || byte == '\n' || byte == '\r' || byte == 0) break;
        seen |= byte;
    }
    if (seen & 0x80) *high = 1;
    return i;
}

int jl_parse_decimal(const uint8_t *text, size_t count, double *value) {
    // The powers of ten that a double holds exactly.
    static const double powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    uint64_t digits = 0;
    size_t digitCount = 0;
    int exponent = 0;
    size_t i = 0;
    for (; i < count && text[i] >= '0' && text[i] <= '9'; i++, digitCount++) {
        if (digitCount == 19) return 0;
        digits = digits * 10 + (text[i] - '0');
    }
    if (i < count && text[i] == '.') {
        i++;
        for (; i < count && text[i] >= '0' && text[i] <= '9'; i++, digitCount++, exponent--) {
            if (digitCount == 19) return 0;
            digits = digits * 10 + (text[i] - '0');
        }
    }
    if (digitCount == 0) return 0;
    if (i < count && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        int negative = 0, magnitude = 0;
        if (i < count && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
        size_t start = i;
        for (; i < count && text[i] >= '0' && text[i] <= '9'; i++) {
            magnitude = magnitude * 10 + (text[i] - '0');
            if (magnitude > 999) return 0;
        }
        if (i == start) return 0;
        exponent += negative ? -magnitude : magnitude;
    }
    if (i != count || digits > (uint64_t)1 << 53 || exponent < -22 || exponent > 22) return 0;
    *value = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
    return 1;
}

uint64_t jl_hash(const uint8_t *bytes, size_t count) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}
