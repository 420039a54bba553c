#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <sys/types.h>

// What the sandbox needs of Linux and Swift's Glibc does not show. Each function returns -errno where
// it fails, and -ENOSYS on other systems.

/// A file without a name, of this many bytes, that nobody can make shorter or longer: whoever maps
/// it never meets a page that is gone.
int sandbox_shared_memory(size_t byte_count);

/// Forbids all new writable mappings, and write(2), of such a file; mappings that exist stay writable.
int sandbox_seal_writes(int descriptor);

/// A file with a seccomp filter for this machine's processor, as bwrap --seccomp reads it.
int sandbox_system_call_filter(void);

/// Starts a program with these descriptors as 0, 1, 2 and so on, and no others, with all signals at
/// their defaults, in a process group of its own.
///
/// Linux tells the child of its parent's death when the calling thread ends.
pid_t sandbox_spawn(
    const char *path, char *const arguments[], char *const environment[], const int *descriptors,
    int descriptor_count);

/// A pipe of which no program inherits an end.
int sandbox_pipe(int ends[2]);

#endif
