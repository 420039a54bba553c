import Encodings
package import Identity

/// A public key that signs notes, with the name and number by which notes call it (C2SP
/// signed-note, "Verifier keys").
package struct NoteVerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// What a key signs with, and what.
    package enum Kind: Hashable, Sendable {
        /// Signs the text of a note (type 0x01).
        case ed25519(PublicKey)
        /// Cosigns checkpoints at a time (type 0x04; C2SP tlog-cosignature).
        case cosignature(PublicKey)
        /// Another type. Such a key can be kept and printed, and verifies nothing here.
        case unsupported(type: UInt8, material: [UInt8])
    }

    private static let ed25519Type: UInt8 = 0x01
    private static let cosignatureType: UInt8 = 0x04

    package let name: KeyName
    package let id: NoteKeyID
    package let kind: Kind

    /// A key that signs notes.
    package init(name: KeyName, ed25519 key: PublicKey) {
        self.init(
            name: name,
            id: NoteKeyID(name: name, type: Self.ed25519Type, publicKey: key.bytes),
            kind: .ed25519(key))
    }

    /// A key that cosigns checkpoints.
    package init(name: KeyName, cosignature key: PublicKey) {
        self.init(
            name: name,
            id: NoteKeyID(name: name, type: Self.cosignatureType, publicKey: key.bytes),
            kind: .cosignature(key))
    }

    private init(name: KeyName, id: NoteKeyID, kind: Kind) {
        self.name = name
        self.id = id
        self.kind = kind
    }

    /// Reads what ``text`` prints, and nothing else: `<name>+<number in hex>+<base64>`.
    ///
    /// - Throws: ``NoteVerifierKeyError``.
    package init(parsing text: String) throws(NoteVerifierKeyError) {
        // Only the first two: base64 has plus signs of its own.
        let parts = text.utf8.split(
            separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .missingPart }
        guard let name = KeyName(utf8: parts[0]) else { throw .badName }
        guard let id = NoteKeyID(hex: Substring(parts[1])) else { throw .badID }
        guard let material = Base64.decode(Substring(parts[2])), let type = material.first else {
            throw .badMaterial
        }
        let key = Array(material.dropFirst())
        switch type {
        case Self.ed25519Type: self.init(name: name, ed25519: try Self.publicKey(key))
        case Self.cosignatureType: self.init(name: name, cosignature: try Self.publicKey(key))
        default:
            // The number follows a rule of the type's own, ECDSA's for one, so it is kept as it is.
            self.init(name: name, id: id, kind: .unsupported(type: type, material: key))
        }
        guard self.id == id else { throw .wrongID(stated: id, computed: self.id) }
    }

    private static func publicKey(_ bytes: [UInt8]) throws(NoteVerifierKeyError) -> PublicKey {
        do {
            return try PublicKey(bytes)
        } catch {
            throw .badPublicKey(error)
        }
    }

    /// The type byte of C2SP signed-note, "Signature types".
    package var type: UInt8 {
        switch kind {
        case .ed25519: Self.ed25519Type
        case .cosignature: Self.cosignatureType
        case .unsupported(let type, _): type
        }
    }

    /// The public key in the encoding of its type, without the type byte.
    package var material: [UInt8] {
        switch kind {
        case .ed25519(let key), .cosignature(let key): key.bytes
        case .unsupported(_, let material): material
        }
    }

    package var text: String { "\(name)+\(id)+\(Base64.encode([type] + material))" }

    package var description: String { text }
}

/// Why a text is not a verifier key.
package enum NoteVerifierKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case missingPart
    case badName
    case badID
    case badMaterial
    case badPublicKey(PublicKeyError)
    case wrongID(stated: NoteKeyID, computed: NoteKeyID)

    package var description: String {
        switch self {
        case .missingPart:
            "a verifier key is <name>+<id>+<key>, and a part is missing"
        case .badName:
            "the key's name is empty, not UTF-8, or has white space or a control character"
        case .badID:
            "the key's id is eight lower-case hexadecimal digits"
        case .badMaterial:
            "the key is base64 with padding, of a type byte and the public key"
        case .badPublicKey(let error):
            error.description
        case .wrongID(let stated, let computed):
            "the key's id is \(computed), and not \(stated): its name or the key was changed"
        }
    }
}
