#pragma once

#include <stdint.h>

/// Has the disk begin with a range of a file that was written, and returns at once
/// (sync_file_range(2) of Linux). Nothing is promised: what has to be durable is synced afterwards.
void storage_begin_sync(int descriptor, int64_t offset, int64_t count);

/// Sets room on the disk aside for bytes that a file will have, and leaves its length as it is
/// (fallocate(2) of Linux).
///
/// Returns 0, or -1 where the system or the disk cannot.
int storage_reserve(int descriptor, int64_t offset, int64_t count);
