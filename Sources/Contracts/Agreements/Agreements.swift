import Encodings

/// The documents that members have published, and the contracts that have been made of them.
package struct Agreements: Sendable {
    /// So many documents of a member may stand on the ledger: each is compiled by everybody.
    package static let documentsMax = 256

    private var documents = Table<BlobDigest, PublishedDocument>("document") { $0.text }
    private var contracts = Table<ContractID, Contract>("contract")

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

    mutating func set(_ document: PublishedDocument) {
        documents.set(document.digest, document)
    }

    mutating func set(_ contract: Contract) {
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
