package import Contracts
import Foundation
package import Identity
import LabAPI
import Node
package import Participation
import Storage

extension MemberSession {
    package var id: MemberID { card.member }

    /// The member's present key.
    package var key: SigningKey {
        get throws { try KeyFile.read(home.signingKey) }
    }

    /// A transaction under the member's signature, not sent yet.
    package func signed(
        _ action: any LabAction, nonce: String = UUID().uuidString,
        validFor milliseconds: Int64 = 300_000
    ) throws -> Envelope {
        Transaction(
            lab: lab.lab, sender: .member(id), nonce: nonce,
            validUntil: Self.now.advanced(byMilliseconds: milliseconds), action: action
        ).signed(with: try key)
    }
}
