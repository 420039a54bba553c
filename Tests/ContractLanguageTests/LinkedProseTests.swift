import ContractFiles
import Foundation
import Testing

@Suite struct LinkedProseTests {
    @Test("A link beside a document is not followed to the file that it leads to")
    func links() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "jointlab-prose-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = folder.appending(path: "secret")
        try "a private key".write(to: secret, atomically: true, encoding: .utf8)
        let link = folder.appending(path: "prose.md")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: secret)
        let error = #expect(throws: ContractFileError.self) {
            try ContractFile.prose(at: link.path, followsLinks: false)
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("it is a link"))
        #expect(try ContractFile.prose(at: secret.path, followsLinks: false) == "a private key")

        let yaml = Lending.with(("lending-en.md", "prose.md"))
        let file = try ContractFile(text: yaml, name: folder.appending(path: "lending.yaml").path)
        #expect(file.prose(of: try file.document()).isEmpty)
    }
}
