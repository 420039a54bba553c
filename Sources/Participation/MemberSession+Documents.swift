import ContractFiles
import ContractLanguage
package import ContractLibrary
package import Contracts
import Encodings
package import Ledger
import Transport

extension MemberSession {
    /// Puts a document of the library on the ledger, unless it is there, with its prose beside it.
    ///
    /// - Returns: What the ledger knows it by.
    @discardableResult
    package func publish(
        _ library: LibraryDocument, until stage: Stage = .sequenced
    ) async throws -> BlobDigest {
        try await publish(try .library(library), until: stage)
    }

    /// Puts a document on the ledger, unless it is there, with its prose beside it.
    ///
    /// - Returns: What the ledger knows it by.
    @discardableResult
    package func publish(
        _ publishable: PublishableDocument, until stage: Stage = .sequenced
    ) async throws -> BlobDigest {
        let digest = PublishDocument.digest(of: publishable.document)
        guard try await !isPublished(digest) else { return digest }
        for text in publishable.prose { try await store(text) }
        do {
            _ = try await submit(
                PublishDocument(document: publishable.document), until: stage)
        } catch {
            // Another member may have been quicker.
            guard try await isPublished(digest) else { throw error }
        }
        return digest
    }

    package func isPublished(_ digest: BlobDigest) async throws -> Bool {
        let items = try await coordinator.get("/v1/documents")["items"]?.array ?? []
        return items.contains { $0["document"]?.string == digest.text }
    }

    /// Keeps a text beside the ledger.
    @discardableResult
    package func store(_ text: String) async throws -> BlobDigest {
        try await coordinator.upload(Array(text.utf8))
    }

    /// The document that a label such as `dataset-licence@1`, a name, or a digest means in this lab.
    ///
    /// - Throws: ``Mistake`` where there is none, or several.
    package func document(named text: String) async throws -> BlobDigest {
        let items = try await coordinator.get("/v1/documents")["items"]?.array ?? []
        let matching = items.filter { item in
            let label = item["label"]?.string ?? ""
            return item["document"]?.string == text || label == text
                || label.hasPrefix("\(text)@")
        }
        // Anybody can publish under any label: the library's own documents go before others' of their name.
        let name = text.prefix { $0 != "@" }
        if let library = LibraryDocument.named(String(name)) {
            let digest = PublishDocument.digest(of: try library.published())
            if matching.contains(where: { $0["document"]?.string == digest.text }) { return digest }
        }
        guard matching.count <= 1 else {
            let found = matching.map {
                "\($0["label"]?.string ?? "") \($0["document"]?.string ?? "")"
            }
            throw Mistake(
                "several documents are called “\(text)”; name one by its digest: "
                    + found.joined(separator: "; "))
        }
        guard let digest = matching.first?["document"]?.string.flatMap({ BlobDigest($0) }) else {
            throw Mistake(
                "no document “\(text)” is published in this lab; `jointlab contract publish` does that"
            )
        }
        return digest
    }
}
