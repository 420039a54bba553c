import Contracts
import Identity

/// The keys that a member's node holds, and their replacement: the new ones lie beside the old
/// until the ledger has them, and one earlier cosigner key is kept.
struct NodeKeys {
    struct Next {
        let signing: SigningKey
        let cosigner: SigningKey

        var keys: MemberKeys {
            MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)
        }
    }

    private(set) var signing: SigningKey
    private(set) var cosigner: SigningKey
    private var previousCosigner: SigningKey?
    var next: Next?
    private(set) var rotated: Timestamp?

    init(signing: SigningKey, cosigner: SigningKey) {
        self.signing = signing
        self.cosigner = cosigner
    }

    var isRotating: Bool { next != nil }
    var cosigners: [SigningKey] { [cosigner] + (previousCosigner.map { [$0] } ?? []) }
    var publicKeys: MemberKeys {
        MemberKeys(signing: signing.publicKey, cosigner: cosigner.publicKey)
    }

    mutating func finishRotation(at time: Timestamp) {
        guard let next else { return }
        if next.cosigner.publicKey != cosigner.publicKey { previousCosigner = cosigner }
        signing = next.signing
        cosigner = next.cosigner
        self.next = nil
        rotated = time
    }
}
