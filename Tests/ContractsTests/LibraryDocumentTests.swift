import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Testing

/// What holds of every document that ships with the program.
@Suite struct LibraryDocumentTests {
    static let names = LibraryDocument.all.map(\.name)

    private func document(_ name: String) throws -> LibraryDocument {
        try #require(LibraryDocument.named(name))
    }

    @Test("A document of the library is good, and its examples come out", arguments: names)
    func compiles(name: String) throws {
        let library = try document(name)
        let compiled = try library.file().compiled()
        #expect(compiled.document.name == name)
        #expect(!compiled.document.examples.isEmpty)
        #expect(compiled.document.title.json["zh"] != nil)
    }

    @Test("A document of the library is published with the digests of its prose", arguments: names)
    func publishes(name: String) throws {
        let library = try document(name)
        var lab = try TestLab()
        let published = try library.published()
        // The lab is founded on the constitution: that stands there already.
        if name != "constitution" {
            try lab.apply(PublishDocument(document: published), by: "ada")
        }
        for (language, text) in library.prose {
            #expect(
                published.prose.first { $0.language == language }?.reference
                    == BlobDigest(of: Array(text.utf8)).text)
        }
        #expect(published.prose.map(\.language).sorted() == ["en", "zh"])
    }

    @Test(
        "The prose of a document is there in English and Chinese, and its numbered headings are the clauses",
        arguments: names)
    func proseHasTheClauses(name: String) throws {
        let library = try document(name)
        let compiled = try library.file().compiled()
        for (language, text) in library.prose {
            #expect(
                Self.clauses(of: text) == Set(compiled.document.clauses.map(\.name)), "\(language)")
        }
    }

    /// The numbers of the headings; one that only holds others is none.
    private static func clauses(of prose: String) -> Set<String> {
        let numbers = prose.split(separator: "\n").filter { $0.hasPrefix("##") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        return Set(
            numbers.filter { number in
                !numbers.contains { $0.hasPrefix("\(number).") }
            })
    }
}
