package import Contracts
import Encodings
package import Foundation
package import Identity
package import LabAPI
import Storage

/// A member's folder: its keys, its copy of the ledger, and what its node knows of its data.
package struct NodeHome: Sendable {
    package let folder: URL

    package init(_ folder: URL) {
        self.folder = folder
    }

    package var signingKey: URL { folder.appending(path: "member.key") }
    package var cosignerKey: URL { folder.appending(path: "cosigner.key") }
    /// The cosigner key that the present one replaced; checkpoints may need both for a while.
    package var previousCosignerKey: URL { folder.appending(path: "cosigner-previous.key") }
    package var profile: URL { folder.appending(path: "member.json") }
    package var labCard: URL { folder.appending(path: "lab.json") }
    package var ledger: URL { folder.appending(path: "ledger.sqlite") }
    package var blobs: URL { folder.appending(path: "blobs", directoryHint: .isDirectory) }
    /// What the node keeps between the rounds of jobs; none of it leaves the node.
    package var jobs: URL { folder.appending(path: "jobs", directoryHint: .isDirectory) }
    /// The trainer bundles that the owner has approved, and what runs of them.
    package var trainers: URL { folder.appending(path: "trainers", directoryHint: .isDirectory) }
    package var datasets: URL { folder.appending(path: "datasets", directoryHint: .isDirectory) }
    package var evidence: URL { folder.appending(path: "evidence", directoryHint: .isDirectory) }
    /// The owner's own rules; absent where there are none.
    package var rules: URL { folder.appending(path: "rules.yaml") }
    /// What the owner has decided on jobs.
    package var decisions: URL { folder.appending(path: "decisions", directoryHint: .isDirectory) }
    /// How much jobs have used of what the owner's rules allow.
    package var usage: URL { folder.appending(path: "usage.json") }
    /// Says where a running node answers its own member.
    package var address: URL { folder.appending(path: "address") }

    package var isPrepared: Bool { FileManager.default.fileExists(atPath: profile.path) }

    /// Makes the folder, the keys and the member's card.
    ///
    /// - Throws: `StorageError`; what is there already is left alone. `JSONShapeError` for a name or a
    ///   title that no lab would take.
    package func prepare(
        member: MemberID, title: String, category: PartnerCategory, roles: [Role]
    ) throws -> MemberCard {
        guard !isPrepared else {
            throw StorageError.unusable(
                path: folder.path, problem: "a member lives here already; choose another --home")
        }
        // What could not be read back would leave a folder with keys, and without a member.
        var random = SystemRandomNumberGenerator()
        let trial = MemberKeys(
            signing: SigningKey(from: &random).publicKey,
            cosigner: SigningKey(from: &random).publicKey)
        var fields = try JSONFields(
            MemberCard(member: member, title: title, category: category, roles: roles, keys: trial)
                .json)
        _ = try MemberCard(&fields)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let keys = MemberKeys(
            signing: try KeyFile.create(at: signingKey).publicKey,
            cosigner: try KeyFile.create(at: cosignerKey).publicKey)
        let card = MemberCard(
            member: member, title: title, category: category, roles: roles, keys: keys)
        try write(card)
        return card
    }

    package func write(_ card: MemberCard) throws {
        try SyncedFile.replace(profile.path, with: Array((card.json.indentedText + "\n").utf8))
    }

    private func requireMember() throws {
        guard isPrepared else {
            throw StorageError.unusable(
                path: folder.path,
                problem:
                    "no member lives here; `jointlab node init --home \(folder.path)` makes one")
        }
    }

    /// - Throws: `StorageError` where nobody lives here.
    package func card() throws -> MemberCard {
        try requireMember()
        do {
            var fields = try JSONFields(try json(profile))
            return try MemberCard(&fields)
        } catch {
            throw StorageError.unusable(path: profile.path, problem: "\(error)")
        }
    }

    package func write(_ card: LabCard) throws {
        try SyncedFile.replace(labCard.path, with: Array((card.json.indentedText + "\n").utf8))
    }

    /// - Throws: `StorageError` where the member has joined no lab.
    package func lab() throws -> LabCard {
        try requireMember()
        guard FileManager.default.fileExists(atPath: labCard.path) else {
            throw StorageError.unusable(
                path: folder.path,
                problem: "this member knows no lab yet; `jointlab node join lab.json` tells it")
        }
        do {
            return try LabCard(try json(labCard))
        } catch {
            throw StorageError.unusable(path: labCard.path, problem: "\(error)")
        }
    }

    /// The cosigner keys, the present one first.
    package func cosignerKeys() throws -> [SigningKey] {
        var keys = [try KeyFile.read(cosignerKey)]
        if FileManager.default.fileExists(atPath: previousCosignerKey.path) {
            keys.append(try KeyFile.read(previousCosignerKey))
        }
        return keys
    }

    private func json(_ url: URL) throws -> JSONValue {
        try JSONValue(parsing: Array(try Data(contentsOf: url)))
    }
}
