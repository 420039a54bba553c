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
        let json = try input.required("document")
        do {
            document = try ContractDocument(json)
        } catch {
            throw JSONShapeError(
                path: input.path(to: "document") + (error.path.isEmpty ? "" : ".\(error.path)"),
                problem: error.problem)
        }
        for (language, reference) in document.prose where BlobDigest(reference) == nil {
            throw JSONShapeError(
                path: input.path(to: "document.prose.\(language)"),
                problem: "should be the SHA-256 of the text")
        }
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
        let published = state.agreements.allDocuments.count { $0.by == sender.id }
        try context.require(
            published < Agreements.documentsMax, .limit,
            rule: "documents of the sender < \(Agreements.documentsMax)",
            saw: ["documents": published])
        let compiled: CompiledContract
        do {
            compiled = try CompiledContract(document)
        } catch {
            throw Refusal(
                .contractInvalid, rule: "the document is good",
                saw: error.all.prefix(8).map { Observation($0.path, $0.message) })
        }
        state.agreements.set(
            PublishedDocument(
                digest: digest, compiled: compiled, by: sender.id, published: context.now))
    }
}
