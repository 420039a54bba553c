#ifndef CPROGRAMPAGES_H
#define CPROGRAMPAGES_H

/// Takes the pages of the program's file and its libraries out of this process's memory. Whichever is
/// used again comes back from the system's cache of those files.
///
/// Only what the process can never have changed is taken: segments that are not written, and of
/// them only pages that are the file's own. A page with a debugger's breakpoint, say, is the
/// process's, and stays.
///
/// Returns how many bytes were taken, or -errno, -ENOSYS on other systems than Linux.
long program_pages_release(void);

#endif
