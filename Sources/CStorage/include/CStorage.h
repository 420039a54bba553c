#pragma once

#include <stdint.h>

/// Has the disk begin with a range of a file that was written, and returns at once
/// (sync_file_range(2) of Linux). Nothing is promised: what has to be durable is synced afterwards.
void storage_begin_sync(int descriptor, int64_t offset, int64_t count);
