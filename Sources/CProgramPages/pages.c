#define _GNU_SOURCE
#include "CProgramPages.h"

#include <errno.h>

#if defined(__linux__)

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Documentation/admin-guide/mm/pagemap.rst of Linux.
static const uint64_t page_is_present = (uint64_t)1 << 63;
static const uint64_t page_is_of_file = (uint64_t)1 << 61;

enum { PAGES_AT_ONCE = 512 };

struct release {
    int pagemap;
    uintptr_t page_bytes;
    long bytes;
    int error;
};

static void release_pages(struct release *release, uintptr_t start, uintptr_t end) {
    uint64_t entries[PAGES_AT_ONCE];
    uintptr_t page_bytes = release->page_bytes;
    for (uintptr_t part = start; part < end; part += PAGES_AT_ONCE * page_bytes) {
        size_t count = (end - part) / page_bytes;
        if (count > PAGES_AT_ONCE) count = PAGES_AT_ONCE;
        ssize_t length = (ssize_t)(count * sizeof entries[0]);
        off_t place = (off_t)(part / page_bytes * sizeof entries[0]);
        if (pread(release->pagemap, entries, (size_t)length, place) != length) {
            release->error = EIO;
            return;
        }
        for (size_t first = 0; first < count;) {
            size_t next = first;
            while (next < count && (entries[next] & page_is_present)
                   && (entries[next] & page_is_of_file))
                next++;
            if (next == first) {
                first++;
                continue;
            }
            void *pages = (void *)(part + first * page_bytes);
            if (madvise(pages, (next - first) * page_bytes, MADV_DONTNEED) != 0) {
                release->error = errno;
                return;
            }
            release->bytes += (long)((next - first) * page_bytes);
            first = next;
        }
    }
}

// The dynamic linker holds its lock meanwhile: no library goes, and none comes to where one was.
static int release_object(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    struct release *release = context;
    // The kernel's own vDSO has a name without a folder, and is no file.
    if (object->dlpi_name[0] != '\0' && object->dlpi_name[0] != '/') return 0;
    for (int number = 0; number < object->dlpi_phnum; number++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[number];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        uintptr_t end = start + segment->p_filesz;
        start &= ~(release->page_bytes - 1);
        end &= ~(release->page_bytes - 1);
        if (start < end) release_pages(release, start, end);
        if (release->error != 0) return 1;
    }
    return 0;
}

long program_pages_release(void) {
    struct release release = { .page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE) };
    release.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (release.pagemap < 0) return -errno;
    dl_iterate_phdr(release_object, &release);
    close(release.pagemap);
    return release.error == 0 ? release.bytes : -release.error;
}

#else

long program_pages_release(void) { return -ENOSYS; }

#endif
