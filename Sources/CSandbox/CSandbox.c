#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>

#if defined(__linux__)

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

int sandbox_shared_memory(size_t byte_count) {
    int descriptor = memfd_create("jointlab", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -errno;
    if (ftruncate(descriptor, (off_t)byte_count) != 0
        || fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int sandbox_seal_writes(int descriptor) {
    return fcntl(descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0 ? 0 : -errno;
}

// Calls that no trainer needs, and that would leave its limits or widen what it can attack: memory
// that no limit counts (memfd_create, System V and POSIX message objects), namespaces and mounts,
// other processes' memory, and large interfaces of the kernel with a history of holes.
static const int denied[] = {
    SYS_memfd_create, SYS_shmget,  SYS_shmat,          SYS_shmctl,
    SYS_msgget,       SYS_semget,  SYS_mq_open,        SYS_unshare,
    SYS_setns,        SYS_mount,   SYS_umount2,        SYS_pivot_root,
    SYS_chroot,       SYS_ptrace,  SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_bpf,          SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl,
    SYS_add_key,      SYS_request_key, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_kexec_load,   SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_swapon,       SYS_reboot,  SYS_acct,           SYS_personality,
    SYS_fanotify_init, SYS_kcmp,
#ifdef SYS_memfd_secret
    SYS_memfd_secret,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
#ifdef SYS_open_tree
    SYS_open_tree,    SYS_move_mount, SYS_fsopen,      SYS_fsmount,
#endif
};

// All flags of clone(2) that make a namespace; that of a time namespace is none of them.
#define NEW_NAMESPACES 0x7E020000u

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define DENY(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, __builtin_offsetof(struct seccomp_data, field))

int sandbox_system_call_filter(void) {
#ifdef ARCHITECTURE
    struct sock_filter filter[16 + 2 * sizeof denied / sizeof denied[0]];
    int length = 0;
#define ADD(...)                                          \
    do {                                                  \
        struct sock_filter next = __VA_ARGS__;            \
        filter[length++] = next;                          \
    } while (0)
    ADD(LOAD(arch));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    ADD(LOAD(nr));
#if defined(__x86_64__)
    // The x32 calls have numbers of their own from here on.
    ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
    ADD(DENY(ENOSYS));
#endif
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)denied[i], 0, 1));
        ADD(DENY(EPERM));
    }
#ifdef SYS_clone3
    // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
    ADD(DENY(ENOSYS));
#endif
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    ADD(LOAD(args[0]));
    ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1));
    ADD(DENY(EPERM));
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    size_t byte_count = (size_t)length * sizeof filter[0];
    int descriptor = memfd_create("filter", MFD_CLOEXEC);
    if (descriptor < 0) return -errno;
    if (write(descriptor, filter, byte_count) != (ssize_t)byte_count
        || lseek(descriptor, 0, SEEK_SET) != 0) {
        close(descriptor);
        return -EIO;
    }
    return descriptor;
#else
    return -ENOSYS;
#endif
}

pid_t sandbox_spawn(
    const char *path, char *const arguments[], char *const environment[], const int *descriptors,
    int descriptor_count) {
    enum { descriptors_max = 16 };
    if (descriptor_count > descriptors_max) return -EINVAL;
    int copies[descriptors_max];
    int copied = 0;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid = -ENOMEM;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return -error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    // Out of the way first: the descriptors that are put in place must not overwrite each other.
    for (; copied < descriptor_count; copied++) {
        copies[copied] = fcntl(descriptors[copied], F_DUPFD_CLOEXEC, descriptors_max);
        if (copies[copied] < 0) {
            error = errno;
            break;
        }
        if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, copies[copied], copied);
    }
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, descriptor_count);
    sigemptyset(&none);
    sigfillset(&all);
    if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
    if (error == 0) {
        error = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    if (error == 0) error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
    while (copied > 0) close(copies[--copied]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -error;
}

int sandbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

#else

int sandbox_shared_memory(size_t byte_count) { return -ENOSYS; }
int sandbox_seal_writes(int descriptor) { return -ENOSYS; }
int sandbox_system_call_filter(void) { return -ENOSYS; }
pid_t sandbox_spawn(
    const char *path, char *const arguments[], char *const environment[], const int *descriptors,
    int descriptor_count) {
    return -ENOSYS;
}
int sandbox_pipe(int ends[2]) { return -ENOSYS; }

#endif
