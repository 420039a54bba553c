import ContractFiles
package import ContractLanguage
package import ContractLibrary
import Contracts
import Foundation

/// A document with its prose, ready to be put on a ledger.
package struct PublishableDocument: Sendable {
    package let document: ContractDocument
    /// The texts that the document names by their digests.
    package let prose: [String]

    package static func library(_ library: LibraryDocument) throws -> PublishableDocument {
        PublishableDocument(document: try library.published(), prose: library.prose.map(\.text))
    }

    /// Reads a document from a file, and its prose from the files beside it.
    ///
    /// - Throws: `ContractFileError` with what is wrong, and where.
    package init(path: String) throws {
        let file = try ContractFile(path: path)
        _ = try file.compiled()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var texts: [String] = []
        var digests: [(language: String, digest: String)] = []
        for (language, reference) in try file.document().prose {
            if BlobDigest(reference) != nil {
                digests.append((language, reference))
                continue
            }
            let text = try ContractFile.prose(
                at: folder.appending(path: reference).path, followsLinks: false)
            texts.append(text)
            digests.append((language, BlobDigest(of: Array(text.utf8)).text))
        }
        document = try file.published(prose: digests)
        prose = texts
    }

    private init(document: ContractDocument, prose: [String]) {
        self.document = document
        self.prose = prose
    }
}
