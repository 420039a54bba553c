import Contracts
package import Encodings
import Foundation
import Identity
import LabAPI
package import Node
import Storage

/// A change of a member's keys that can be taken up again wherever it was cut off.
///
/// The new keys lie in a folder of their own until they have been put on the ledger and in the old
/// ones' place; the folder goes as one, last of all.
package struct KeyRotation {
    private let home: NodeHome
    private let card: MemberCard
    private let signing: SigningKey
    private let cosigner: SigningKey

    private static func folder(_ home: NodeHome) -> URL {
        home.folder.appending(path: "next-keys", directoryHint: .isDirectory)
    }

    private static func done(_ home: NodeHome) -> URL {
        home.folder.appending(path: "next-keys.done", directoryHint: .isDirectory)
    }

    /// Makes new keys, or takes those up that an earlier attempt has made.
    package init(home: NodeHome) throws {
        self.home = home
        card = try home.card()
        try? FileManager.default.removeItem(at: Self.done(home))
        let folder = Self.folder(home)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        signing = try Self.key(folder.appending(path: home.signingKey.lastPathComponent))
        cosigner = try Self.key(folder.appending(path: home.cosignerKey.lastPathComponent))
    }

    private static func key(_ url: URL) throws -> SigningKey {
        FileManager.default.fileExists(atPath: url.path)
            ? try KeyFile.read(url) : try KeyFile.create(at: url)
    }

    /// Puts the new keys on the ledger, unless they are there.
    ///
    /// - Returns: The receipt; where an earlier attempt put them there, what the ledger knows of the
    ///   member.
    package func submit(through session: MemberSession) async throws -> JSONValue {
        if let row = try await session.row(underKey: signing) { return row }
        return try await session.submit(
            RotateKeys(
                signing: signing, cosigner: cosigner, member: card.member, lab: session.lab.lab))
    }

    /// Puts the new keys in the old ones' place.
    package func finish() throws {
        let present = try KeyFile.read(home.cosignerKey)
        if present.publicKey != cosigner.publicKey {
            try KeyFile.replace(home.previousCosignerKey, with: present)
            try KeyFile.replace(home.cosignerKey, with: cosigner)
        }
        try KeyFile.replace(home.signingKey, with: signing)
        try home.write(
            MemberCard(
                member: card.member, title: card.title, category: card.category, roles: card.roles,
                keys: MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)))
        try SyncedFile.move(Self.folder(home).path, to: Self.done(home).path)
        try FileManager.default.removeItem(at: Self.done(home))
    }
}
