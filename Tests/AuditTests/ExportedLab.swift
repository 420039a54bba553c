import Audit
import Contracts
import Foundation
import Ledger
import MerkleLog
import SampleLab
import Storage

/// A lab that has trained, and its ledger in a folder of its own.
struct ExportedLab {
    let lab: SampleLab
    let training: SampleLab.Training
    let folder: TemporaryFolder
    let summary: AuditExport.Summary

    var export: URL { folder.file("export") }

    /// - Parameter falsify: What a lying coordinator makes of the results.
    init(
        seed: UInt64 = 1, include: AuditExport.Blobs = .all,
        falsify: @escaping ([UInt8]) -> [UInt8] = { $0 }
    ) async throws {
        var lab = try SampleLab(seed: seed)
        var training = try lab.prepareTraining(rounds: 1)
        try lab.settle()
        for _ in 0..<3 {
            try lab.runRound(of: &training, falsify: falsify)
            try lab.settle()
        }
        try lab.submitAsCoordinator(CompleteJob(job: training.job))
        if let weights = training.weights {
            try lab.submit(
                RegisterModelVersion(job: training.job, weights: weights), by: "university")
        }
        try lab.settle()
        self.lab = lab
        self.training = training
        folder = try TemporaryFolder()
        let database = try LedgerDatabase(path: folder.file("ledger.sqlite").path)
        try await lab.store(in: database)
        let blobs = try BlobStore(folder: folder.file("blobs"))
        for bytes in training.blobs.all.values { _ = try blobs.write(bytes) }
        summary = try AuditExport.write(
            database, blobs: blobs, include: include, to: folder.file("export"))
        try database.close()
    }

    /// What an auditor got from somebody it trusts.
    var policy: TrustPolicy {
        get throws { try TrustPolicy(of: lab.state) }
    }

    /// All files, in order.
    var files: [String] {
        get throws {
            let walk = FileManager.default.enumerator(atPath: export.path)
            var files: [String] = []
            while let path = walk?.nextObject() as? String {
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(
                    atPath: file(path).path, isDirectory: &isFolder)
                if !isFolder.boolValue { files.append(path) }
            }
            return files.sorted()
        }
    }

    func file(_ path: String) -> URL { export.appending(path: path) }

    func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: file(path))) }

    func write(_ bytes: [UInt8], to path: String) throws {
        try FileManager.default.createDirectory(
            at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file(path))
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: file(path)) }

    /// Makes the manifest agree with the files, as whoever changed them would.
    func rewriteManifest() throws {
        try rewriteManifest(of: files.filter { $0 != "SHA256SUMS" })
    }

    private func rewriteManifest(of files: [String]) throws {
        let lines = try files.map { "\(BlobDigest(of: try read($0)))  \($0)\n" }
        try write(Array(lines.joined().utf8), to: "SHA256SUMS")
    }

    func verify(policy: TrustPolicy? = nil, lab: LabID? = nil) -> AuditReport {
        AuditVerifier.verify(export, policy: policy, lab: lab)
    }
}
