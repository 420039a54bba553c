package import Identity

/// A private key with the name that it signs notes under (C2SP signed-note, type 0x01).
package struct NoteSigner: Sendable {
    package let verifierKey: NoteVerifierKey
    private let key: SigningKey

    package init(name: KeyName, key: SigningKey) {
        verifierKey = NoteVerifierKey(name: name, ed25519: key.publicKey)
        self.key = key
    }

    /// The same text gives the same signature.
    package func signature(of text: NoteText) -> NoteSignature {
        NoteSignature(
            name: verifierKey.name, keyID: verifierKey.id, bytes: key.signature(of: text.bytes))
    }
}
