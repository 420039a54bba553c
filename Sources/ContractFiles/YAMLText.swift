package import Encodings
import Yams

/// A YAML or JSON text as a value, and where in the text each part of it stands.
///
/// Plain scalars are read by YAML 1.2's core schema without its oddities: `true`, `false`, `null`, decimal
/// integers and decimals; everything else is a text, `no` and `0x10` and `1:30` as well.
package struct YAMLText: Sendable {
    package struct Place: Hashable, Sendable {
        /// Counted from 1.
        package let line: Int
        package let column: Int
        /// Where the text of a scalar on one line begins; `nil` where it is not as it stands.
        let textColumn: Int?
    }

    package static let bytesMax = 1_000_000
    private static let levelsMax = 32

    package let value: JSONValue
    /// By path, as in `actions.train.require[2].cel`.
    private let places: [String: Place]

    /// - Throws: ``YAMLTextError``.
    package init(_ text: String) throws(YAMLTextError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw YAMLTextError(
                "the text has \(text.utf8.count) bytes, and \(Self.bytesMax) are allowed")
        }
        try Self.refuseAliasKeys(text)
        var reader = Reader()
        do {
            let parser = try Parser(yaml: text)
            // A node knows its anchor as long as its parser lives.
            defer { withExtendedLifetime(parser) {} }
            guard let node = try parser.singleRoot() else {
                throw YAMLTextError("the text is empty")
            }
            value = try reader.read(node, at: "", level: 0)
        } catch let error as YAMLTextError {
            throw error
        } catch {
            throw YAMLTextError(yaml: error)
        }
        places = reader.places
    }

    /// Where a part stands, or the nearest that it is in.
    package func place(of path: String) -> Place? {
        var path = path[...]
        while true {
            if let place = places[String(path)] { return place }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else {
                return places[""]
            }
            path = path[..<cut]
        }
    }

    /// A reference as a key is hashed before it can be refused, and what it stands for may be as large
    /// as a reference to references can make it.
    private static func refuseAliasKeys(_ text: String) throws(YAMLTextError) {
        var line = 0
        for content in text.split(separator: "\n", omittingEmptySubsequences: false) {
            line += 1
            let words = content.split(separator: " ")
            for (word, next) in zip(words, words.dropFirst() + [""])
            where word.hasPrefix("*") && (word.hasSuffix(":") || next.hasPrefix(":")) {
                throw YAMLTextError("a reference cannot be a name", line: line)
            }
            if content.contains("? *") || content.contains("?\t*") {
                throw YAMLTextError("a reference cannot be a name", line: line)
            }
        }
    }

    private struct Reader {
        var places: [String: Place] = [:]

        mutating func read(
            _ node: Node, at path: String, level: Int
        ) throws(YAMLTextError) -> JSONValue {
            let mark = node.mark
            func problem(_ text: String) -> YAMLTextError {
                YAMLTextError(text, line: mark?.line, column: mark?.column)
            }
            guard level <= YAMLText.levelsMax else {
                throw problem("more than \(YAMLText.levelsMax) levels of nesting")
            }
            guard node.anchor == nil else {
                throw problem("anchors and references (& and *) are not supported: write it out")
            }
            if let mark {
                places[path] = Place(
                    line: mark.line, column: mark.column, textColumn: Self.textColumn(node, mark))
            }
            switch node {
            case .alias: throw problem("references are not supported: write it out")
            case .scalar(let scalar):
                return scalar.style == .plain ? Self.plain(scalar.string) : .string(scalar.string)
            case .sequence(let sequence):
                var elements: [JSONValue] = []
                for (index, element) in sequence.enumerated() {
                    elements.append(try read(element, at: "\(path)[\(index)]", level: level + 1))
                }
                return .array(elements)
            case .mapping(let mapping):
                var members: [JSONObject.Member] = []
                for (key, value) in mapping {
                    guard case .scalar(let name) = key, key.anchor == nil else {
                        throw YAMLTextError(
                            "a name should be a plain word", line: key.mark?.line,
                            column: key.mark?.column)
                    }
                    guard name.string != "<<" else {
                        throw problem("merge keys (<<) are not supported: write it out")
                    }
                    let place = path.isEmpty ? name.string : "\(path).\(name.string)"
                    let value = try read(value, at: place, level: level + 1)
                    members.append(.init(key: name.string, value: value))
                }
                guard let object = JSONObject(members) else {
                    throw problem(
                        "the name `\(JSONObject.duplicateKey(in: members) ?? "")` comes twice")
                }
                return .object(object)
            }
        }

        private static func textColumn(_ node: Node, _ mark: Mark) -> Int? {
            guard case .scalar(let scalar) = node, !scalar.string.contains("\n"),
                !scalar.string.contains("\\"), !scalar.string.contains("'")
                    || scalar.style != .singleQuoted
            else { return nil }
            return switch scalar.style {
            case .plain: mark.column
            case .singleQuoted, .doubleQuoted: mark.column + 1
            default: nil
            }
        }

        private static func plain(_ text: String) -> JSONValue {
            switch text {
            case "true", "True", "TRUE": return .bool(true)
            case "false", "False", "FALSE": return .bool(false)
            case "null", "Null", "NULL", "~", "": return .null
            default: break
            }
            if let value = Int64(text), String(value) == text { return .integer(value) }
            let isDecimal = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E")
            }
            if isDecimal, text.utf8.contains(UInt8(ascii: ".")), let value = Double(text),
                value.isFinite
            {
                return .number(value)
            }
            return .string(text)
        }
    }
}

/// Why a text is no YAML that is read here, and where.
package struct YAMLTextError: Error, Hashable, Sendable, CustomStringConvertible {
    package let problem: String
    package let line: Int?
    package let column: Int?

    init(_ problem: String, line: Int? = nil, column: Int? = nil) {
        self.problem = problem
        self.line = line
        self.column = column
    }

    fileprivate init(yaml error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(problem, line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                "the name `\(duplicates.first ?? "")` comes twice", line: context.mark.line,
                column: context.mark.column)
        case .reader(let problem, _, _, _): self.init("it is no text in UTF-8: \(problem)")
        default: self.init("it is no YAML: \(error)")
        }
    }

    package var description: String {
        let place = [line, column].compactMap(\.self).map(String.init).joined(separator: ":")
        return place.isEmpty ? problem : "\(place): \(problem)"
    }
}
