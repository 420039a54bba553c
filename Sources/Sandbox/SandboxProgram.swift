package import Bundles

/// A program, what of the machine it sees, and what it may use: the command line of bubblewrap
/// that makes it so.
///
/// It sees its own processes, the system's programs and libraries, the mounts and a scratch folder
/// in memory. There is no network, and nothing can be written but `/scratch` and `/dev/shm`.
package struct SandboxProgram: Hashable, Sendable {
    /// A file or folder, read-only, at a place in the sandbox.
    package struct Mount: Hashable, Sendable {
        package let source: String
        package let target: String

        package init(_ source: String, at target: String? = nil) {
            self.source = source
            self.target = target ?? source
        }
    }

    /// Who the program is to the kernel.
    package enum Identity: Hashable, Sendable {
        /// The node's user, as nobody in a user namespace of its own.
        case namespaced
        /// This user, for a node that runs as root: root is exempt from the limit on processes, and
        /// in a namespace would still be root to it. A number that nobody else has.
        case user(UInt32)
    }

    package static let scratch = "/scratch"
    /// What Python's locks need of `/dev/shm`.
    private static let sharedMemoryBytes = 1 << 20
    /// How many processes the kernel allows beyond the limit, so that the node sees it exceeded.
    private static let processesMargin = 8

    /// The absolute path of a program within the sandbox.
    package let path: String
    package let arguments: [String]
    package let mounts: [Mount]
    package let environment: [String: String]
    package let limits: TrainerLimits

    package init(
        path: String, arguments: [String], mounts: [Mount], environment: [String: String],
        limits: TrainerLimits
    ) {
        self.path = path
        self.arguments = arguments
        self.mounts = mounts
        self.environment = environment
        self.limits = limits
    }

    /// - Parameters:
    ///   - system: The mounts of the operating system.
    ///   - filter: The descriptor from which bubblewrap reads the filter of system calls.
    func arguments(for identity: Identity, system: SystemMounts, filter: Int32) -> [String] {
        var words = [
            "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "sandbox",
            "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", Self.scratch,
            "--setenv", "TMPDIR", Self.scratch, "--setenv", "USER", "trainer", "--setenv", "LANG",
            "C.UTF-8",
        ]
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            words += ["--setenv", name, value]
        }
        words += system.arguments
        for mount in mounts { words += Self.arguments(of: mount) }
        words += [
            "--proc", "/proc", "--dev", "/dev",
            "--perms", "1777", "--size", "\(Self.sharedMemoryBytes)", "--tmpfs", "/dev/shm",
            "--remount-ro", "/dev",
            "--perms", "1777", "--size", "\(limits.scratchBytes)", "--tmpfs", Self.scratch,
            "--remount-ro", "/", "--chdir", Self.scratch, "--seccomp", "\(filter)",
            "--cap-drop", "ALL",
        ]
        switch identity {
        case .namespaced:
            words += [
                "--unshare-user", "--uid", "65534", "--gid", "65534", "--disable-userns", "--",
            ]
        case .user(let user):
            words += [
                "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP",
                "--", "/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(user)",
                "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--",
            ]
        }
        // Within the sandbox: the limit on processes counts those of a user in a namespace.
        return words + [
            "/usr/bin/prlimit", "--nproc=\(limits.processes + Self.processesMargin)",
            "--data=\(limits.memoryBytes)", "--fsize=\(limits.scratchBytes)", "--nofile=1024",
            "--core=0", "--memlock=65536", "--", path,
        ] + arguments
    }

    /// The folders above a target would be closed to others where the source is.
    private static func arguments(of mount: Mount) -> [String] {
        let parts = mount.target.split(separator: "/").dropLast()
        let folders = parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
        return folders.flatMap { ["--perms", "0755", "--dir", $0] }
            + ["--ro-bind", mount.source, mount.target]
    }
}

/// The programs and libraries of the operating system, as they lie on this machine.
package struct SystemMounts: Hashable, Sendable {
    /// What bubblewrap is told of them.
    let arguments: [String]

    /// - Parameter link: Where a path leads if it is a symbolic link, or whether it is there.
    init(link: (String) -> Entry) {
        var words = ["--ro-bind", "/usr", "/usr"]
        for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64"] {
            switch link(path) {
            case .link(let target): words += ["--symlink", target, path]
            case .folder: words += ["--ro-bind", path, path]
            case .absent: break
            }
        }
        for path in ["/etc/alternatives", "/etc/ld.so.cache"] {
            words += ["--ro-bind-try", path, path]
        }
        arguments = words
    }

    enum Entry: Hashable, Sendable {
        case link(String)
        case folder
        case absent
    }
}
