import Audit
import Contracts
import Encodings
import Foundation
import Ledger
import MerkleLog
import Randomness
import SampleLab
import Storage
import Testing

@Suite struct AuditTests {
    // MARK: - A sound export

    @Test("A sound export passes, and the report says what was checked and how much of it")
    func sound() async throws {
        let exported = try await ExportedLab()
        let report = exported.verify(policy: try exported.policy, lab: exported.lab.id)
        #expect(report.findings == [])
        #expect(report.holds)
        #expect(!report.policyIsOwn)
        #expect(report.lab == exported.lab.id.text)
        #expect(report.size == exported.summary.entries)
        #expect(report.root == exported.lab.sequencer.certificate?.statement.head.root.base64)
        #expect(report.cosigners.count >= 4)
        let counts = Dictionary(uniqueKeysWithValues: report.checks.map { ($0.name, $0.count) })
        #expect(
            counts["transactions re-executed, with their signatures"] == exported.lab.receipts.count
        )
        // Statistics and a round of training have sums; the evaluation has none.
        #expect(counts["rounds added up again"] == 2)
        #expect(try counts["files"] == exported.files.count - 1)
        #expect(report.checks.allSatisfy { $0.unchecked == 0 })
        #expect(report.json["findings"]?.array == [])
    }

    @Test("Without a policy of one's own the export vouches for itself, and the report says so")
    func ownPolicy() async throws {
        let exported = try await ExportedLab()
        let report = exported.verify()
        #expect(report.holds)
        #expect(report.policyIsOwn)
        #expect(report.json["policyIsOwn"] == true)
    }

    @Test("The policy in an export is the one that its lab makes, and is read back")
    func policyRoundTrip() async throws {
        let exported = try await ExportedLab()
        #expect(try TrustPolicy(parsing: exported.read("policy")) == exported.policy)
    }

    @Test(
        "What was not exported is told, and not taken for checked",
        arguments: AuditExport.Blobs.allCases)
    func include(blobs: AuditExport.Blobs) async throws {
        let exported = try await ExportedLab(include: blobs)
        let report = exported.verify(policy: try exported.policy)
        #expect(report.holds)
        let rounds = try #require(report.checks.first { $0.name == "rounds added up again" })
        switch blobs {
        case .none, .models: #expect((rounds.count, rounds.unchecked) == (0, 2))
        case .all: #expect((rounds.count, rounds.unchecked) == (2, 0))
        }
        let kept = try exported.files.count { $0.hasPrefix("blobs/") }
        #expect(kept == exported.summary.blobs)
        #expect(exported.summary.missingBlobs == 0)
        switch blobs {
        case .none: #expect(kept == 0)
        case .models: #expect(kept == 1)
        case .all: #expect(kept >= 10)
        }
    }

    @Test("An export ends at the newest certified checkpoint, wherever the store ends")
    func behindTheStore() async throws {
        var lab = try SampleLab()
        try lab.invite(300)
        try lab.settle()
        let size = try #require(lab.sequencer.certificate?.statement.head.size)
        try lab.invite(20)
        lab.endBatch()
        let folder = try TemporaryFolder()
        let database = try LedgerDatabase(path: folder.file("ledger.sqlite").path)
        try await lab.store(in: database)
        let summary = try AuditExport.write(
            database, blobs: BlobStore(readingFolder: folder.file("blobs")), include: .all,
            to: folder.file("export"))
        #expect(summary.entries == size)
        #expect(size < UInt64(lab.entries.count))
        let report = AuditVerifier.verify(folder.file("export"), policy: nil)
        #expect(report.findings == [])
        #expect(report.size == size)
    }

    @Test("Nothing is exported before a quorum has certified something, nor over other files")
    func refusedExports() async throws {
        let lab = try SampleLab()
        let folder = try TemporaryFolder()
        let database = try LedgerDatabase(path: folder.file("ledger.sqlite").path)
        try await lab.store(in: database)
        let blobs = BlobStore(readingFolder: folder.file("blobs"))
        #expect(throws: AuditExportError.notCertified) {
            try AuditExport.write(database, blobs: blobs, include: .all, to: folder.file("export"))
        }
        #expect(throws: AuditExportError.notEmpty(folder.url.path)) {
            try AuditExport.write(database, blobs: blobs, include: .all, to: folder.url)
        }
    }

    @Test("Verifying needs the folder alone: the store, the keys and the blobs may be gone")
    func offline() async throws {
        let exported = try await ExportedLab()
        let policy = try exported.policy
        let alone = try TemporaryFolder()
        try FileManager.default.moveItem(at: exported.export, to: alone.file("copy"))
        for name in try FileManager.default.contentsOfDirectory(atPath: exported.folder.url.path) {
            try FileManager.default.removeItem(at: exported.folder.file(name))
        }
        let before = try FileManager.default.subpathsOfDirectory(atPath: alone.url.path).sorted()
        #expect(AuditVerifier.verify(alone.file("copy"), policy: policy).holds)
        let after = try FileManager.default.subpathsOfDirectory(atPath: alone.url.path).sorted()
        #expect(after == before)
    }

    // MARK: - A changed byte

    @Test("A flipped byte anywhere in an export is found, and the file is named")
    func flippedByte() async throws {
        let exported = try await ExportedLab()
        let (policy, files) = (try exported.policy, try exported.files)
        var random = SeededRandom(seed: 20_260_101)
        // Every file, and then any place.
        for number in 0..<max(200, 4 * files.count) {
            let path = files[number % files.count]
            let content = try exported.read(path)
            var changed = content
            let place = random.uniformInteger(in: 0...content.count - 1)
            changed[place] ^= UInt8(random.uniformInteger(in: 1...255))
            try exported.write(changed, to: path)
            let report = exported.verify(policy: policy)
            let what =
                "try \(number): byte \(place) of \(path) from \(content[place]) to \(changed[place])"
            #expect(!report.holds, "\(what)")
            if path == "SHA256SUMS" {
                // It is no manifest any more, or another file is not the one that it tells of.
                #expect(
                    report.findings.allSatisfy {
                        ["audit.manifest", "audit.file"].contains($0.rule)
                    }, "\(what)")
            } else {
                #expect(
                    report.findings.contains { $0.place == path }, "\(what): \(report.findings)")
            }
            try exported.write(content, to: path)
        }
        #expect(exported.verify(policy: policy).holds)
    }

    @Test("It is found too where whoever flipped it has made the manifest agree")
    func flippedByteBehindTheManifest() async throws {
        let exported = try await ExportedLab()
        let policy = try exported.policy
        // The auditor has a policy of its own, and the one in the export is nothing to it.
        let files = try exported.files.filter { !["SHA256SUMS", "policy"].contains($0) }
        var random = SeededRandom(seed: 20_260_102)
        for number in 0..<max(200, 4 * files.count) {
            let path = files[number % files.count]
            let content = try exported.read(path)
            var changed = content
            let place = random.uniformInteger(in: 0...content.count - 1)
            changed[place] ^= UInt8(random.uniformInteger(in: 1...255))
            try exported.write(changed, to: path)
            try exported.rewriteManifest()
            let report = exported.verify(policy: policy)
            let what =
                "try \(number): byte \(place) of \(path) from \(content[place]) to \(changed[place])"
            #expect(!report.holds, "\(what)")
            #expect(
                report.findings.contains { finding in
                    if path.hasPrefix("tile/entries/") {
                        return finding.place == path || finding.place.hasPrefix("entry ")
                    }
                    return finding.place == path || path.hasPrefix("\(finding.place)/")
                }, "\(what): \(report.findings)")
            try exported.write(content, to: path)
        }
        try exported.rewriteManifest()
        #expect(exported.verify(policy: policy).holds)
    }

    // MARK: - Files too few, too many, too short

    @Test("A file that is missing, cut off or longer is found and named, also behind the manifest")
    func wrongFiles() async throws {
        let exported = try await ExportedLab()
        let policy = try exported.policy
        for path in try exported.files {
            let content = try exported.read(path)
            for (change, bytes) in [
                ("missing", nil), ("cut off", content.dropLast()), ("longer", content + [0x0A]),
            ] as [(String, [UInt8]?)] {
                try exported.remove(path)
                if let bytes { try exported.write(bytes, to: path) }
                // A blob that is left out, with its line of the manifest, was not exported.
                let isLeftOut = bytes == nil && path.hasPrefix("blobs/")
                let isForManifest = ["SHA256SUMS", "policy"].contains(path) || isLeftOut
                if !isForManifest { try exported.rewriteManifest() }
                let report = exported.verify(policy: policy)
                #expect(!report.holds, "\(path) \(change)")
                if isForManifest {
                    #expect(report.findings.contains { $0.place == path }, "\(path) \(change)")
                }
                try exported.write(content, to: path)
            }
        }
        try exported.rewriteManifest()
        #expect(exported.verify(policy: policy).holds)
    }

    @Test("A file that does not belong there is found and named")
    func additionalFiles() async throws {
        let exported = try await ExportedLab()
        for path in [
            "notes.txt", ".hidden", "tile/0/001", "blobs/\(String(repeating: "0", count: 64))",
        ] {
            try exported.write([1], to: path)
            let report = exported.verify()
            #expect(report.findings.contains { $0.place == path }, "\(path)")
            try exported.remove(path)
        }
        try FileManager.default.createSymbolicLink(
            at: exported.file("linked"), withDestinationURL: exported.folder.url)
        #expect(exported.verify().findings.contains { $0.place == "linked" })
        try exported.remove("linked")
        #expect(exported.verify().holds)
    }

    @Test("A folder that is no export is told from one, and stops nobody")
    func noExport() throws {
        let folder = try TemporaryFolder()
        #expect(!AuditVerifier.verify(folder.url, policy: nil).holds)
        #expect(!AuditVerifier.verify(folder.file("absent"), policy: nil).holds)
    }

    // MARK: - Somebody else's truth

    @Test("An export of another lab's coordinator is found by its policy, and by the lab's name")
    func otherLab() async throws {
        let exported = try await ExportedLab()
        let other = try await ExportedLab(seed: 2)
        #expect(other.verify().holds)
        let report = other.verify(policy: try exported.policy)
        #expect(report.findings.contains { $0.place == "checkpoint" && $0.rule == "audit.policy" })
        let named = other.verify(lab: exported.lab.id)
        #expect(named.findings.map(\.rule) == ["audit.lab"])
        #expect(named.findings.first?.problem.contains(other.lab.id.text) == true)
    }

    @Test("A policy in which nobody has to cosign does not make up for a quorum")
    func weakPolicy() async throws {
        let exported = try await ExportedLab()
        let policy = try exported.policy
        // The checkpoint as the coordinator alone has signed it.
        let bytes = try exported.read("checkpoint")
        let text = String(decoding: bytes, as: UTF8.self)
        let signatures = text.split(separator: "\n").filter { $0.hasPrefix("— ") }
        let alone = text.replacing(signatures.dropFirst().map { "\($0)\n" }.joined(), with: "")
        try exported.write(Array(alone.utf8), to: "checkpoint")
        try exported.rewriteManifest()
        #expect(exported.verify(policy: policy).findings.contains { $0.rule == "audit.policy" })
        let weak = try TrustPolicy(logs: policy.logs, witnesses: [], groups: [], quorum: .noWitness)
        #expect(exported.verify(policy: weak).findings.contains { $0.rule == "audit.quorum" })
    }

    @Test("A sum that the coordinator made up is found, and the round is named")
    func falseSum() async throws {
        let exported = try await ExportedLab { bytes in
            var model = bytes
            model[model.count - 4] ^= 1
            return model
        }
        let report = exported.verify(policy: try exported.policy)
        #expect(Set(report.findings.map(\.rule)) == ["audit.sum"])
        #expect(report.findings.contains { $0.place == "round job-1/1" }, "\(report.findings)")
    }

    @Test("A checkpoint that claims any size is refused at the first tile that is not there")
    func anySize() async throws {
        let exported = try await ExportedLab()
        let text = String(decoding: try exported.read("checkpoint"), as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for size in ["4611686018427387904", "18446744073709551615", "0", "1", "257"] {
            lines[1] = size[...]
            try exported.write(Array(lines.joined(separator: "\n").utf8), to: "checkpoint")
            try exported.rewriteManifest()
            let report = exported.verify(policy: try exported.policy)
            #expect(report.findings.contains { $0.place == "checkpoint" }, "\(size)")
            #expect(report.findings.count < 100, "\(size)")
        }
    }
}
