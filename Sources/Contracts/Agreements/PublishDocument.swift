package import ContractLanguage
package import Encodings

/// The action `contract.publish`: a member puts a contract document on the ledger. Everybody checks it
/// completely before it stands there.
package struct PublishDocument: LabAction {
    package static let name = "contract.publish"

    package let document: ContractDocument

    package init(document: ContractDocument) {
        self.document = document
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        document = try input.document("document")
    }

    package var input: JSONValue { ["document": document.source] }

    /// What a document is known by.
    package static func digest(of document: ContractDocument) -> BlobDigest {
        BlobDigest(of: document.source.canonicalBytes)
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let digest = Self.digest(of: document)
        try context.require(
            state.agreements[document: digest] == nil, .alreadyExists,
            rule: "the document is new", saw: ["document": digest])
        let published = state.agreements.published(by: sender.id)
        try context.require(
            published < Agreements.documentsMax, .limit,
            rule: "documents of the sender < \(Agreements.documentsMax)",
            saw: ["documents": published])
        state.agreements.set(
            PublishedDocument(
                digest: digest, compiled: try document.compiled(), by: sender.id,
                published: context.now))
    }
}

extension ContractDocument {
    /// - Throws: ``Refusal/Code/contractInvalid`` with what is wrong.
    func compiled() throws(Refusal) -> CompiledContract {
        do {
            return try CompiledContract(self)
        } catch {
            throw Refusal(
                .contractInvalid, rule: "the document is good",
                saw: error.all.prefix(8).map { Observation($0.path, $0.message) })
        }
    }
}

extension JSONFields {
    /// A document as it is published: its prose is named by digests.
    mutating func document(_ key: String) throws(JSONShapeError) -> ContractDocument {
        let document: ContractDocument
        do {
            document = try ContractDocument(try required(key))
        } catch {
            throw JSONShapeError(
                path: path(to: key) + (error.path.isEmpty ? "" : ".\(error.path)"),
                problem: error.problem)
        }
        for (language, reference) in document.prose where BlobDigest(reference) == nil {
            throw wrong("\(key).prose.\(language)", "should be the SHA-256 of the text")
        }
        return document
    }
}
