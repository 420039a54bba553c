import ArgumentParser
import ContractFiles
import ContractLanguage
import ContractLibrary
import Foundation
import Storage

/// A contract document as a user names it: by its file, or by its name in the library.
struct DocumentArgument {
    static let help: ArgumentHelp =
        "The document: a file in YAML or JSON, or a name of the library."

    let file: ContractFile
    private let library: LibraryDocument?

    /// A file of that name goes first.
    ///
    /// - Throws: `ContractFileError`, or `StorageError` where there is neither.
    init(_ argument: String) throws {
        guard !FileManager.default.fileExists(atPath: argument) else {
            library = nil
            file = try ContractFile(path: argument)
            return
        }
        guard let library = LibraryDocument.named(argument) else {
            throw StorageError.unusable(
                path: argument,
                problem:
                    "there is no such file, and no document of this name in the library, which has "
                    + LibraryDocument.all.map(\.name).joined(separator: ", "))
        }
        self.library = library
        file = try library.file()
    }

    /// The texts that it names, as far as they are there.
    func prose(of document: ContractDocument) -> [(language: String, text: String)] {
        library?.prose ?? file.prose(of: document)
    }
}
