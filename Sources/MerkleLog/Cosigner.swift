package import Identity

/// A private key with the name that it cosigns checkpoints under.
package struct Cosigner: Sendable {
    package let verifierKey: NoteVerifierKey
    private let key: SigningKey

    package init(name: KeyName, key: SigningKey) {
        verifierKey = NoteVerifierKey(name: name, cosignature: key.publicKey)
        self.key = key
    }

    /// Cosigns. That the checkpoint adds to all that was cosigned before, and that it is stored,
    /// is the caller's part.
    ///
    /// - Parameter timestamp: In seconds since 1970, at most ``Cosignature/timestampMax``.
    package func cosign(_ checkpoint: Checkpoint, at timestamp: UInt64) -> Cosignature {
        precondition(timestamp <= Cosignature.timestampMax, "no clock runs that far")
        return Cosignature(
            name: verifierKey.name, keyID: verifierKey.id, timestamp: timestamp,
            signature: key.signature(of: Cosignature.message(checkpoint.text, at: timestamp)))
    }
}
