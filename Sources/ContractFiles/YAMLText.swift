package import Encodings
import Policy
import Yams

/// A YAML or JSON text as a value, and where in the text each part of it stands.
///
/// Plain scalars are read by YAML 1.2's core schema without its oddities: `true`, `false`, `null` and decimal
/// integers; everything else is a text, `no` and `0x10` and `1:30` as well. So is `500.00`: as a number it
/// would be 500 by the time it is signed, and whoever wrote it may have meant 50,000 cents.
package struct YAMLText: Sendable {
    package struct Place: Hashable, Sendable {
        /// Counted from 1.
        package private(set) var line: Int
        package private(set) var column: Int
        /// Where the text of a scalar on one line begins; `nil` where it is not as it stands.
        let textColumn: Int?
        /// Where the name before it begins.
        package fileprivate(set) var name: (line: Int, column: Int)?

        fileprivate mutating func move(to mark: Mark) {
            (line, column) = (mark.line, mark.column)
        }

        package static func == (left: Self, right: Self) -> Bool {
            (left.line, left.column) == (right.line, right.column)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(line)
            hasher.combine(column)
        }
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
        try Self.refuseAnchors(text)
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
            throw YAMLTextError(yaml: error, in: text)
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

    /// An anchor must not reach the parser: a key that refers to references to references is hashed
    /// before anybody could refuse it, and what it stands for may be larger than all memory.
    private static func refuseAnchors(_ text: String) throws(YAMLTextError) {
        var line = 1
        var lineStart = 0
        var before = UInt8(ascii: "\n")
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "&"), !isInner(before), index + 1 < bytes.count,
                isInner(bytes[index + 1]), bytes[index + 1] != byte
            {
                throw YAMLTextError(
                    anchorProblem + "; an & in a text has a space behind it", line: line,
                    column: String(decoding: bytes[lineStart..<index], as: UTF8.self).count + 1)
            }
            before = byte
            guard byte == UInt8(ascii: "\n") else { continue }
            line += 1
            lineStart = index + 1
        }
    }

    fileprivate static let anchorProblem =
        "anchors and references (& and *) are not supported: write it out"

    /// Whether a byte is one of those of names, or an `&`, as in `a&&b`.
    private static func isInner(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "&"), 0x80...:
            true
        default: false
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
                throw problem(YAMLText.anchorProblem)
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
                    let isBlock = value.scalar == nil && value.mark?.line != key.mark?.line
                    let value = try read(value, at: place, level: level + 1)
                    if let mark = key.mark {
                        places[place]?.name = (mark.line, mark.column)
                        // What is wrong with all of it is told where its name stands.
                        if isBlock { places[place]?.move(to: mark) }
                    }
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
                !scalar.string.contains("\\"),
                !scalar.string.contains("'")
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

    fileprivate init(yaml error: any Error, in text: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(Self.plain(problem), line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let name = duplicates.first ?? ""
            let place =
                Self.place(ofSecond: name, in: text, from: context.mark)
                ?? (context.mark.line, context.mark.column)
            self.init("the name `\(name)` comes twice", line: place.line, column: place.column)
        case .reader(let problem, let offset, _, _):
            let place = SourceText(text).place(of: offset ?? 0)
            self.init(
                "a document is text in UTF-8: \(problem)", line: place.line, column: place.column)
        default: self.init("it is no YAML: \(error)")
        }
    }

    /// The parser's words where they would puzzle an author.
    private static func plain(_ problem: String) -> String {
        if problem.hasPrefix("Maximum nesting level") { return "the nesting is too deep" }
        if problem == "but found another document" {
            return "a file holds one document, and a second begins here"
        }
        if problem == "found undefined alias" { return YAMLText.anchorProblem }
        return problem
    }

    /// Where a name of a mapping stands for the second time; the parser only says where it stands
    /// first.
    private static func place(
        ofSecond name: String, in text: String, from mark: Mark
    ) -> (line: Int, column: Int)? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        let isFlow = lines[mark.line - 1].unicodeScalars.prefix(mark.column - 1)
            .contains { $0 == "{" || $0 == "," }
        var isSecond = false
        for line in mark.line...lines.count {
            let scalars = Array(lines[line - 1].unicodeScalars)
            let first = line == mark.line ? mark.column - 1 : 0
            for column in scalars.indices where column >= first {
                guard isFlow || column == mark.column - 1,
                    column == 0 || " {,\t".unicodeScalars.contains(scalars[column - 1])
                else { continue }
                let rest = scalars[column...]
                let isKey = [name, "\"\(name)\"", "'\(name)'"].contains { spelt in
                    rest.starts(with: spelt.unicodeScalars)
                        && rest.dropFirst(spelt.unicodeScalars.count).first { $0 != " " } == ":"
                }
                guard isKey else { continue }
                if isSecond { return (line, column + 1) }
                isSecond = true
            }
        }
        return nil
    }

    package var description: String {
        let place = [line, column].compactMap(\.self).map(String.init).joined(separator: ":")
        return place.isEmpty ? problem : "\(place): \(problem)"
    }
}
