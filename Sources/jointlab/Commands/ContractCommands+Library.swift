import ArgumentParser
import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Foundation
import LabAPI
import Ledger
import Participation
import Storage
import Transport

// The documents that ship with the program.
extension ContractCommands {
    struct Library: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the documents that ship with the program, or print one.")

        @Argument(help: "The document to print; leave it out to list them.")
        var name: String?

        @Option(help: "Print its prose in a language, en or zh, instead of the document.")
        var prose: String?

        @Option(
            help: "Write the document and its prose into this folder, to be changed there.",
            completion: .directory)
        var out: String?

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard name != nil || (prose == nil && out == nil) else {
                throw ValidationError("name a document of the library")
            }
        }

        func run() throws {
            guard let name else {
                let items = try LibraryDocument.all.map { library -> JSONValue in
                    let document = try library.published()
                    return [
                        "document": .string(document.label), "name": .string(library.name),
                        "title": document.title.json,
                        "digest": PublishDocument.digest(of: document).json,
                    ]
                }
                let view = Listing(
                    empty: "",
                    [
                        ("name", .left, { $0.shown("name") }),
                        ("document", .left, { $0.shown("document") }),
                        ("title", .left, { $0.shownTitle }),
                    ])
                output.print(["items": .array(items)], view.text(["items": .array(items)]))
                return
            }
            let library = try LibraryDocument.orMistake(name)
            if let out {
                let files = try Self.write(library, into: out)
                output.print(
                    ["files": .array(files.map { .string($0) })],
                    files.map { "wrote \($0)" }.joined(separator: "\n"))
                return
            }
            guard let prose else {
                output.print(try library.published().source, library.yaml)
                return
            }
            guard let text = library.prose.first(where: { $0.language == prose })?.text else {
                throw ValidationError("the prose is in en and zh")
            }
            output.print(["language": .string(prose), "text": .string(text)], text)
        }

        /// Writes nothing where one of the files is there already: somebody may have changed it.
        private static func write(_ library: LibraryDocument, into folder: String) throws
            -> [String]
        {
            let folder = URL(fileURLWithPath: folder, isDirectory: true)
            let files =
                [(folder.appending(path: "\(library.name).yaml"), library.yaml)]
                + library.prose.map {
                    (folder.appending(path: "\(library.name).\($0.language).md"), $0.text)
                }
            for (file, _) in files where FileManager.default.fileExists(atPath: file.path) {
                throw StorageError.unusable(path: file.path, problem: "it is there already")
            }
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            for (file, text) in files { try SyncedFile.replace(file.path, with: Array(text.utf8)) }
            return files.map(\.0.relativePath)
        }
    }
}

extension LibraryDocument {
    static func orMistake(_ name: String) throws -> LibraryDocument {
        guard let document = named(name) else {
            throw Mistake(
                "the library has no document “\(name)”; it has "
                    + all.map(\.name).joined(separator: ", "))
        }
        return document
    }
}
