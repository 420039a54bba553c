import Identity

/// A note with at least one good signature by a known key, and no bad one by any of them.
///
/// Only ``SignedNote/verified(by:unknownSignatures:)`` makes one.
package struct VerifiedNote: Hashable, Sendable {
    /// One that has been checked.
    package struct Signature: Hashable, Sendable {
        package let key: NoteVerifierKey
        /// In seconds since 1970, where the key is one that cosigns.
        package let timestamp: UInt64?
    }

    /// One by a key that nobody told us of; it means nothing.
    package struct UnknownSignature: Hashable, Sendable {
        /// In the note, counted from 1.
        package let line: Int
        package let signature: NoteSignature
    }

    package let note: SignedNote
    /// In the order of the note; a key may have signed more than once.
    package let signatures: [Signature]
    package let unknownSignatures: [UnknownSignature]

    package var text: NoteText { note.text }
}

/// What to do with signatures by unknown keys.
package enum UnknownSignatures: Hashable, Sendable {
    /// As the specification demands of verifiers, so that logs may add keys and witnesses.
    case ignored
    /// For an audit, in which every line should be accounted for.
    case refused
}

extension SignedNote {
    /// Checks every signature by a known key (C2SP signed-note, "Signatures").
    ///
    /// - Throws: ``NoteVerificationError``. One bad signature by a known key spoils the note,
    ///   however many good ones there are.
    package func verified(
        by keyring: NoteKeyring, unknownSignatures: UnknownSignatures = .ignored
    ) throws(NoteVerificationError) -> VerifiedNote {
        let firstLine = text.lineCount + 2
        var verified: [VerifiedNote.Signature] = []
        var unknown: [VerifiedNote.UnknownSignature] = []
        for (position, signature) in signatures.enumerated() {
            let line = firstLine + position
            if let key = keyring.key(of: signature) {
                verified.append(try key.verify(signature, of: text, line: line))
            } else {
                unknown.append(.init(line: line, signature: signature))
            }
        }
        if unknownSignatures == .refused, !unknown.isEmpty {
            throw .unknownSignatures(unknown)
        }
        guard !verified.isEmpty else { throw .noKnownSignature }
        return VerifiedNote(note: self, signatures: verified, unknownSignatures: unknown)
    }
}

extension NoteVerifierKey {
    fileprivate func verify(
        _ signature: NoteSignature, of text: NoteText, line: Int
    ) throws(NoteVerificationError) -> VerifiedNote.Signature {
        switch kind {
        case .ed25519(let key):
            guard key.verifies(signature.bytes, of: text.bytes) else {
                throw .badSignature(line: line, by: name)
            }
            return VerifiedNote.Signature(key: self, timestamp: nil)
        case .cosignature(let key):
            guard let cosignature = try? Cosignature(signature),
                cosignature.isValid(for: text, by: key)
            else { throw .badSignature(line: line, by: name) }
            return VerifiedNote.Signature(key: self, timestamp: cosignature.timestamp)
        case .unsupported(let type, _):
            throw .unsupportedType(type, line: line, by: name)
        }
    }
}

/// Why a note is not to be believed. Lines are counted from 1.
package enum NoteVerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    case badSignature(line: Int, by: KeyName)
    case unsupportedType(UInt8, line: Int, by: KeyName)
    case unknownSignatures([VerifiedNote.UnknownSignature])
    case noKnownSignature

    package var description: String {
        switch self {
        case .badSignature(let line, let name):
            "line \(line): the signature by \(Quoted(name.utf8)) is wrong"
        case .unsupportedType(let type, let line, let name):
            "line \(line): the key of \(Quoted(name.utf8)) is of type \(type), "
                + "which cannot be verified here"
        case .unknownSignatures(let signatures):
            "signatures by unknown keys: "
                + signatures.map { "\(Quoted($0.signature.name.utf8)) in line \($0.line)" }
                .joined(separator: ", ")
        case .noKnownSignature:
            "not one signature is by a known key"
        }
    }
}
