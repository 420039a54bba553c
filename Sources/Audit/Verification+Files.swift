/// Whether the files are those of the manifest.
extension Verification {
    /// Compares every file with the manifest: what no other check looks into is found here.
    mutating func checkFiles() {
        do {
            guard let stored = try audit.storedManifest() else {
                report.found(
                    AuditFolder.manifest, "audit.manifest", "it is not what sha256sum prints")
                return
            }
            let computed = try audit.computedManifest()
            for path in Set(stored.keys).union(computed.keys).sorted()
            where stored[path] != computed[path] {
                let problem =
                    computed[path] == nil
                    ? "the file is missing"
                    : stored[path] == nil
                        ? "the manifest does not know the file"
                        : "its content is not that of the manifest"
                report.found(path, "audit.file", problem)
            }
            for path in computed.keys.sorted() where path.hasPrefix("\(AuditFolder.blobs)/") {
                let name = path.dropFirst(AuditFolder.blobs.count + 1)
                guard computed[path] != String(name) else { continue }
                report.found(path, "audit.blob", "its content does not have the digest of its name")
            }
            report.checks.append(.init("files", computed.count))
        } catch {
            report.found(AuditFolder.manifest, "audit.manifest", "\(error)")
        }
    }
}
