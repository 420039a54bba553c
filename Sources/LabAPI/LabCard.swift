package import Contracts
package import Encodings
package import Ledger
import MerkleLog

/// What a member needs to join a lab: its first entry, which everything else follows from, and where
/// its coordinator is. It is passed on by hand, and it is the trust anchor.
package struct LabCard: Hashable, Sendable {
    package let genesis: [UInt8]
    /// The coordinator's base URL.
    package let coordinator: String

    /// - Throws: `Misconduct` where the entry founds no lab.
    package init(genesis: [UInt8], coordinator: String) throws(Misconduct) {
        _ = try Replica(genesis: genesis)
        self.genesis = genesis
        self.coordinator = coordinator
    }

    private init(_ genesis: [UInt8], at coordinator: String) {
        self.genesis = genesis
        self.coordinator = coordinator
    }

    /// The card of the same lab behind a change of the coordinator.
    package func moved(to coordinator: String) -> LabCard { LabCard(genesis, at: coordinator) }

    package var lab: LabID { LabID(leafHash: TreeHash.leaf(genesis).bytes) }

    package var json: JSONValue {
        [
            "lab": lab.json, "genesis": .string(Base64.encode(genesis)),
            "coordinator": .string(coordinator),
        ]
    }

    /// - Throws: `JSONShapeError`, also where the card names another lab than its first entry makes.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        let claimed = try fields.labID("lab")
        let genesis = try fields.bytes("genesis")
        let coordinator = try fields.string("coordinator")
        try fields.finish()
        do {
            try self.init(genesis: genesis, coordinator: coordinator)
        } catch {
            throw fields.wrong("genesis", "founds no lab: \(error)")
        }
        guard lab == claimed else {
            throw fields.wrong("lab", "is not the lab that the genesis entry founds, \(lab)")
        }
    }
}
