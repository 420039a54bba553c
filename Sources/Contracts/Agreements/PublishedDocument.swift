package import ContractLanguage
package import Encodings

package typealias ContractID = Identifier<Contract>

/// A contract document that stands on the ledger; it is known by the SHA-256 of its canonical JSON.
package struct PublishedDocument: StateRow {
    package let digest: BlobDigest
    package let compiled: CompiledContract
    /// `nil` for what the lab was founded on.
    package let by: MemberID?
    package let published: Timestamp

    package var document: ContractDocument { compiled.document }

    package var json: JSONValue {
        [
            "document": digest.json, "label": .string(document.label),
            "title": document.title.json, "by": by?.json, "published": published.json,
        ]
    }

    /// With the text that the digest stands for.
    package var fullJSON: JSONValue {
        [
            "document": digest.json, "label": .string(document.label),
            "title": document.title.json, "by": by?.json, "published": published.json,
            "offer": .array(compiled.offerors.map { .string($0) }), "source": document.source,
        ]
    }
}

/// A contract: an instance of a published document.
package struct Contract: StateRow {
    package let id: ContractID
    package let document: BlobDigest
    package let compiled: CompiledContract
    package internal(set) var instance: ContractInstance
    package let concluded: Timestamp
    /// The contract that this one was divided off from.
    package var parent: ContractID? = nil
    /// How often the place that can be traded has changed hands.
    package internal(set) var handovers: Int64 = 0
    /// Why the lab has frozen it, while it is.
    package internal(set) var frozen: String? = nil
    /// Whether it has become part of its parent again.
    package internal(set) var isMerged = false

    /// The currency of its money, if it has any.
    package var currency: CurrencyCode? { instance.currency.flatMap { CurrencyCode($0) } }

    package var json: JSONValue {
        guard case .object(var object) = instance.json(compiled) else { return .null }
        object["document"] = document.json
        object["label"] = .string(compiled.document.label)
        object["concluded"] = concluded.json
        object["parent"] = parent?.json
        object["handovers"] = handovers == 0 ? nil : .integer(handovers)
        object["frozen"] = frozen.map { .string($0) }
        object["merged"] = isMerged ? true : nil
        return .object(object)
    }

    /// The member in the place of a party of one member.
    package func member(_ party: String) -> MemberID? {
        instance.members(party, in: compiled).first.flatMap { try? MemberID($0) }
    }

    /// Whether nothing more can happen to it.
    package var hasEnded: Bool {
        isMerged || compiled.document.final.contains(instance.stage)
    }
}
