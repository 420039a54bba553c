import Crypto
package import Encodings
package import Identity

/// A transaction whose form is right and whose signature is that of a given key.
///
/// Whether that key is the sender's is for the state to say, at the entry's place on the ledger:
/// keys are rotated.
package struct SignedTransaction: Sendable {
    package let transaction: Transaction
    package let envelope: Envelope
    package let signer: PublicKey
    package let id: TransactionID

    /// Checks everything that can be checked without the ledger.
    ///
    /// - Parameter key: The key that should have signed, or `nil` for an unknown sender.
    /// - Throws: ``TransactionError``.
    package init(
        _ envelope: Envelope, signedBy key: (Transaction) -> PublicKey?
    ) throws(TransactionError) {
        guard envelope.payloadType == Transaction.payloadType else {
            throw .wrongPayloadType(envelope.payloadType)
        }
        guard envelope.signatures.count == 1 else {
            throw .signatures(envelope.signatures.count)
        }
        let transaction = try Transaction(payload: envelope.payload)
        guard let key = key(transaction) else { throw .unknownSender(transaction.sender) }
        guard envelope.isSigned(by: key) else { throw .wrongSignature(transaction.sender) }
        self.transaction = transaction
        self.envelope = envelope
        signer = key
        id = TransactionID(of: envelope)
    }
}

/// The name of a transaction: the SHA-256 of the bytes that its signature covers. The signature
/// itself is left out, so a second valid signature does not make a second transaction.
package struct TransactionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(of envelope: Envelope) {
        let signed = Envelope.preAuthenticationEncoding(
            of: envelope.payload, as: envelope.payloadType)
        text = Hex.encode(SHA256.hash(data: signed))
    }

    /// - Returns: `nil` unless the text is 64 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, Hex.decode(text) != nil else { return nil }
        self.text = String(text)
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var description: String { text }
    package var json: JSONValue { .string(text) }
}
