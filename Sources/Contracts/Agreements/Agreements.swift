import ContractLanguage
import Encodings

/// The documents that members have published, and the contracts that have been made of them.
package struct Agreements: Sendable {
    /// So many documents of a member may stand on the ledger: each is compiled by everybody.
    package static let documentsMax = 256

    /// So many contracts that a member offered may stand and not have ended.
    package static let offeredMax = 4_096
    /// So many parts that were divided off from one contract may stand.
    package static let partsMax = 256

    private var documents = Table<BlobDigest, PublishedDocument>("document") { $0.text }
    private var contracts = Table<ContractID, Contract>("contract")
    private var published: [MemberID: Int] = [:]
    /// How many contracts stand that a member offered, and how many parts of a contract.
    private var offered: [String: Int] = [:]
    private var parts: [ContractID: Int] = [:]

    init() {}

    package subscript(id: ContractID) -> Contract? { contracts[id] }
    package subscript(document digest: BlobDigest) -> PublishedDocument? { documents[digest] }
    package var all: [Contract] { contracts.sorted.map(\.row) }
    package var allDocuments: [PublishedDocument] { documents.sorted.map(\.row) }

    /// - Throws: ``Refusal/Code/unknown``.
    func existing(_ id: ContractID) throws(Refusal) -> Contract {
        guard let contract = contracts[id] else {
            throw Refusal(.unknown, rule: "the contract exists", saw: ["contract": id])
        }
        return contract
    }

    /// - Throws: ``Refusal/Code/unknown``.
    func published(_ digest: BlobDigest) throws(Refusal) -> PublishedDocument {
        guard let document = documents[digest] else {
            throw Refusal(.unknown, rule: "the document is published", saw: ["document": digest])
        }
        return document
    }

    func published(by member: MemberID) -> Int { published[member, default: 0] }

    /// - Throws: ``Refusal/Code/limit``.
    func requireRoom(forOffersOf member: MemberID) throws(Refusal) {
        let count = offered[member.text, default: 0]
        guard count < Self.offeredMax else {
            throw Refusal(
                .limit, rule: "standing contracts that the sender offered < \(Self.offeredMax)",
                saw: ["sender": member, "contracts": count])
        }
    }

    /// - Throws: ``Refusal/Code/limit``.
    func requireRoom(forPartsOf contract: ContractID) throws(Refusal) {
        let count = parts[contract, default: 0]
        guard count < Self.partsMax else {
            throw Refusal(
                .limit, rule: "standing parts of the contract < \(Self.partsMax)",
                saw: ["contract": contract, "parts": count])
        }
    }

    mutating func set(_ document: PublishedDocument) {
        if documents[document.digest] == nil, let member = document.by {
            published[member, default: 0] += 1
        }
        documents.set(document.digest, document)
    }

    mutating func set(_ contract: Contract) {
        let stood = contracts[contract.id].map { $0.hasEnded ? 0 : 1 } ?? 0
        let stands = contract.hasEnded ? 0 : 1
        if stands != stood {
            if let parent = contract.parent {
                parts[parent, default: 0] += stands - stood
            } else {
                offered[contract.instance.offeredBy, default: 0] += stands - stood
            }
        }
        contracts.set(contract.id, contract)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        documents.drainWrites(into: &writes)
        contracts.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case documents.name: documents.row(atKeyText: text)
        case contracts.name: contracts.row(atKeyText: text)
        default: nil
        }
    }
}
