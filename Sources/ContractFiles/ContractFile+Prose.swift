package import ContractLanguage
import Foundation

extension ContractFile {
    private static let proseBytesMax = 1_000_000

    /// The texts that a document names, from the files beside it; those that are not there, are links, or
    /// are known by their digest alone, are left out.
    package func prose(of document: ContractDocument) -> [(language: String, text: String)] {
        let folder = URL(fileURLWithPath: name).deletingLastPathComponent()
        return document.prose.compactMap { item in
            let url = folder.appendingPathComponent(item.reference)
            guard !Self.isLink(url.path), let handle = try? FileHandle(forReadingFrom: url),
                let data = try? handle.read(upToCount: Self.proseBytesMax),
                let text = String(validating: data, as: UTF8.self)
            else { return nil }
            return (item.language, text)
        }
    }
}
