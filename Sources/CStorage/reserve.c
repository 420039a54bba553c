#define _GNU_SOURCE
#include "CStorage.h"

#include <fcntl.h>

int storage_reserve(int descriptor, int64_t offset, int64_t count) {
#ifdef __linux__
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count);
#else
    (void)descriptor;
    (void)offset;
    (void)count;
    return -1;
#endif
}
