import ContractFiles
import ContractLanguage
import Foundation
import Testing

/// The document of `Documentation/contracts.md`, and what becomes of it when words in it are exchanged.
enum LendingDocument {
    static func contract(
        _ changes: [(String, String)] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CompiledContract {
        try ContractFile(
            text: try text(changes, sourceLocation: sourceLocation), name: "lending.yaml"
        )
        .compiled()
    }

    static func text(
        _ changes: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        var text = yaml
        for (old, new) in changes {
            try #require(
                text.contains(old), "the document has no “\(old)”", sourceLocation: sourceLocation)
            text = text.replacing(old, with: new)
        }
        return text
    }

    /// With words for people, and without examples, which the changes would break.
    static let yaml: String = {
        let words = """
            words:
              lender: {zh: 出借方}
              borrower: {zh: 借用方}
              deposit: {zh: 押金}
              lent: {zh: 已出借}
            clauses:

            """
        let document = Lending.text.replacing("clauses:\n", with: words, maxReplacements: 1)
        let examples = document.range(of: "examples:")?.lowerBound ?? document.endIndex
        return document[..<examples] + "examples: []\n"
    }()
}
