/// A checkpoint with signatures, not one of them checked.
///
/// ``TrustPolicy/verify(_:unknownSignatures:)`` makes a ``VerifiedCheckpoint`` of it.
package struct UnverifiedCheckpoint: Hashable, Sendable, CustomStringConvertible {
    package let note: SignedNote
    /// What the note says; believe nothing of it yet.
    package let statement: Checkpoint

    /// - Throws: ``CheckpointError``.
    package init(_ note: SignedNote) throws(CheckpointError) {
        statement = try Checkpoint(parsing: note.text)
        self.note = note
    }

    /// Reads what ``bytes`` prints, and nothing else.
    ///
    /// - Throws: ``UnverifiedCheckpointError``.
    package init(parsing bytes: [UInt8]) throws(UnverifiedCheckpointError) {
        let note: SignedNote
        do {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw .note(error)
        }
        do {
            try self.init(note)
        } catch {
            throw .checkpoint(error)
        }
    }

    /// Signs a checkpoint.
    package init(_ checkpoint: Checkpoint, signedBy signer: NoteSigner) throws(NoteError) {
        note = try SignedNote(
            checkpoint.text, signatures: [signer.signature(of: checkpoint.text)])
        statement = checkpoint
    }

    /// The same checkpoint with more signatures, behind those that it has.
    ///
    /// - Throws: ``NoteError``: `tooManySignatures` or `tooLarge`.
    package func adding(_ cosignatures: [Cosignature]) throws(NoteError) -> UnverifiedCheckpoint {
        UnverifiedCheckpoint(
            note: try note.adding(cosignatures.map(\.noteSignature)), statement: statement)
    }

    private init(note: SignedNote, statement: Checkpoint) {
        self.note = note
        self.statement = statement
    }

    package var bytes: [UInt8] { note.bytes }

    package var description: String { note.description }
}

/// Why bytes are not a signed checkpoint.
package enum UnverifiedCheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case note(NoteError)
    case checkpoint(CheckpointError)

    package var description: String {
        switch self {
        case .note(let error): error.description
        case .checkpoint(let error): error.description
        }
    }
}
