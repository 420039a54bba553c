import Bundles
import CSandbox
import Foundation

/// Whether this machine makes sandboxes, and how.
package struct SandboxSupport: Hashable, Sendable {
    let bubblewrap: String
    let isRoot: Bool
    let system: SystemMounts

    private static let installation =
        "install bubblewrap 0.8 or later (on Debian and Ubuntu: apt-get install bubblewrap)"

    /// Looks for bubblewrap and has it run a program that does nothing.
    ///
    /// - Parameter path: Folders parted by colons, as in the environment's `PATH`.
    /// - Throws: ``SandboxFailure/unavailable(_:)``, with what to do.
    package static func find(on path: String) throws(SandboxFailure) -> SandboxSupport {
        let candidates = path.split(separator: ":").map { "\($0)/bwrap" }
        guard let bubblewrap = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw .unavailable("there is no bwrap on the PATH; \(installation)")
        }
        for tool in ["/usr/bin/prlimit", "/usr/bin/setpriv"] where access(tool, X_OK) != 0 {
            throw .unavailable("there is no \(tool); install util-linux")
        }
        let support = SandboxSupport(
            bubblewrap: bubblewrap, isRoot: geteuid() == 0, system: SystemMounts(link: entry))
        try support.probe()
        return support
    }

    /// Who a new sandbox's program shall be.
    var identity: SandboxProgram.Identity {
        // Beyond all users that a system or its containers commonly have, and no two alike.
        isRoot ? .user(.random(in: 2_000_000_000..<2_140_000_000)) : .namespaced
    }

    private func probe() throws(SandboxFailure) {
        let program = SandboxProgram(
            path: "/usr/bin/true", arguments: [], mounts: [], environment: [:], limits: .init())
        let filter = sandbox_system_call_filter()
        guard filter >= 0 else {
            throw .unavailable("this system has no seccomp filters: \(Self.text(-filter))")
        }
        defer { close(filter) }
        var ends: [Int32] = [-1, -1]
        guard sandbox_pipe(&ends) == 0 else { throw .unavailable("no pipe: \(Self.text(errno))") }
        defer { close(ends[0]) }
        let pid = Self.spawn(
            [bubblewrap] + program.arguments(for: identity, system: system, filter: 3),
            descriptors: [ends[1], ends[1], ends[1], filter])
        close(ends[1])
        guard pid > 0 else {
            throw .unavailable("\(bubblewrap) does not start: \(Self.text(-pid))")
        }
        var output = [UInt8](repeating: 0, count: 4_096)
        let count = max(0, read(ends[0], &output, output.count))
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            let text = String(decoding: output.prefix(count), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            throw .unavailable(
                "bubblewrap makes no sandbox here: \(text). \(Self.remedy(for: text))")
        }
    }

    private static func remedy(for text: String) -> String {
        text.contains("Unknown option") || text.contains("unrecognized option")
            ? "It is too old; \(installation)"
            : "Where user namespaces are forbidden, allow them "
                + "(sysctl kernel.unprivileged_userns_clone=1, or "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container: "
                + "--security-opt seccomp=unconfined, or --privileged)"
    }

    private static func entry(_ path: String) -> SystemMounts.Entry {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return .link(target)
        }
        return FileManager.default.fileExists(atPath: path) ? .folder : .absent
    }

    /// - Returns: The process, or an error number below zero.
    static func spawn(_ words: [String], descriptors: [Int32]) -> pid_t {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        // Bubblewrap is given what it passes on by --setenv.
        let environment: [UnsafeMutablePointer<CChar>?] = [nil]
        return sandbox_spawn(
            words[0], arguments, environment, descriptors, Int32(descriptors.count))
    }

    static func text(_ error: Int32) -> String { String(cString: strerror(error)) }
}
