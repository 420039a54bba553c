package import ContractLanguage
package import Encodings
import Foundation
import Policy

/// A contract document in a file, and where in it everything stands.
package struct ContractFile: Sendable {
    /// As the user named it.
    package let name: String
    package let json: JSONValue
    private let text: YAMLText

    /// - Throws: ``ContractFileError`` where the file cannot be read, or is no YAML.
    package init(path: String) throws(ContractFileError) {
        try self.init(text: try Self.prose(at: path), name: path)
    }

    /// Reads a text that belongs to a document.
    ///
    /// - Throws: ``ContractFileError`` where it cannot be read, is too long, or is no UTF-8.
    ///
    /// - Parameter followsLinks: A link beside a document that somebody else has made may lead to any file
    ///   of this machine, whose content would then be published.
    package static func prose(
        at path: String, followsLinks: Bool = true
    ) throws(ContractFileError) -> String {
        if !followsLinks, isLink(path) {
            throw ContractFileError(
                "\(path): it is a link, and leads elsewhere; put the text itself beside the document",
                isUnreadable: true)
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try handle.read(upToCount: YAMLText.bytesMax + 1) ?? Data()
            try? handle.close()
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw ContractFileError(
                "\(path): \(isThere ? "the file cannot be read" : "there is no such file")",
                isUnreadable: true)
        }
        guard data.count <= YAMLText.bytesMax else {
            throw ContractFileError(
                "\(path): the file is longer than \(YAMLText.bytesMax) bytes; a document has \(ContractDocument.bytesMax) at most"
            )
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            let lines = Self.validPrefix(of: data).split(
                separator: "\n", omittingEmptySubsequences: false)
            throw ContractFileError(
                "\(path):\(lines.count):\((lines.last?.count ?? 0) + 1): the file is no text in UTF-8"
            )
        }
        return text
    }

    static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    /// What stands before the first byte that is no UTF-8.
    private static func validPrefix(of data: Data) -> String {
        var decoder = UTF8()
        var bytes = data.makeIterator()
        var text = String.UnicodeScalarView()
        while case .scalarValue(let scalar) = decoder.decode(&bytes) { text.append(scalar) }
        return String(text)
    }

    package init(text: String, name: String) throws(ContractFileError) {
        self.name = name
        do {
            self.text = try YAMLText(text)
        } catch {
            throw ContractFileError("\(name):\(error.line == nil ? " " : "")\(error)")
        }
        json = self.text.value
    }

    /// Reads and checks the document.
    ///
    /// - Throws: ``ContractFileError`` with every problem at its line and column.
    package func compiled() throws(ContractFileError) -> CompiledContract {
        do {
            return try CompiledContract(try document())
        } catch let error as ContractFileError {
            throw error
        } catch let problems as DocumentProblems {
            throw ContractFileError(problems.all.map(rendered).joined(separator: "\n"))
        } catch {
            throw ContractFileError("\(name): \(error)")
        }
    }

    /// Reads the document without checking it.
    package func document() throws(ContractFileError) -> ContractDocument {
        do {
            return try ContractDocument(json)
        } catch {
            throw ContractFileError(rendered(DocumentProblem(error)))
        }
    }

    /// The document as it is published.
    ///
    /// - Parameter prose: The digests of the prose, by language.
    /// - Throws: ``ContractFileError``.
    package func published(
        prose: [(language: String, digest: String)]
    ) throws(ContractFileError) -> ContractDocument {
        guard case .object(var object) = json else { return try document() }
        if !prose.isEmpty {
            object["prose"] = .object(
                prose.reduce(into: JSONObject()) { $0[$1.language] = .string($1.digest) })
        }
        do {
            return try ContractDocument(.object(object))
        } catch {
            throw ContractFileError(rendered(DocumentProblem(error)))
        }
    }

    /// A problem as compilers print it: file, line, column, what is wrong, and the expression with a
    /// caret.
    package func rendered(_ problem: DocumentProblem) -> String {
        let place =
            text.place(of: problem.path).map { place in
                if problem.isUnknownName, let name = place.name {
                    return "\(name.line):\(name.column): "
                }
                let column = problem.expression.flatMap { expression in
                    place.textColumn.map {
                        $0 + SourceText(expression.text).place(of: expression.offset).column - 1
                    }
                }
                return "\(place.line):\(column ?? place.column): "
            } ?? ""
        let what = problem.path.isEmpty ? "the document" : problem.path
        let hint = problem.suggestion.map { "\n  did you mean `\($0)`?" } ?? ""
        let caret = problem.expression.map { expression in
            SourceText(expression.text).caret(at: expression.offset)
                .split(separator: "\n", omittingEmptySubsequences: false)
                .map { "\n  \($0)" }.joined()
        }
        return "\(name):\(place)\(what): \(problem.message)\(caret ?? "")\(hint)"
    }
}

/// Why a file is no contract document.
package struct ContractFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the file itself could not be read.
    package let isUnreadable: Bool

    init(_ description: String, isUnreadable: Bool = false) {
        self.description = description
        self.isUnreadable = isUnreadable
    }
}
