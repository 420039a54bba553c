/// An element of an XML document, read by the few rules that a statement needs: no comments, no
/// processing instructions but the first, no entities but the five.
struct XMLElement {
    let name: String
    var attributes: [String: String] = [:]
    var children: [XMLElement] = []
    var content = ""

    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
    func text(_ name: String) -> String? { first(name)?.content }

    struct Malformed: Error {
        let problem: String
    }

    init(name: String) {
        self.name = name
    }

    init(parsing text: String) throws {
        var rest = text[...]
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        guard rest.hasPrefix(declaration) else { throw Malformed(problem: "no declaration") }
        rest.removeFirst(declaration.count)
        self = try Self.element(&rest)
        guard rest.allSatisfy(\.isWhitespace) else { throw Malformed(problem: "more behind it") }
    }

    private static func element(_ rest: inout Substring) throws -> XMLElement {
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else {
            throw Malformed(problem: "no element at \(rest.prefix(20))")
        }
        let tag = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        let words = tag.split(separator: " ", maxSplits: 1)
        var element = XMLElement(name: String(words[0]))
        if words.count > 1 {
            let parts = words[1].split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[1].hasPrefix("\""), parts[1].hasSuffix("\"") else {
                throw Malformed(problem: "attributes \(words[1])")
            }
            element.attributes[String(parts[0])] = try unescaped(parts[1].dropFirst().dropLast())
        }
        while !rest.hasPrefix("</") {
            let text = rest.prefix { $0 != "<" }
            rest = rest.dropFirst(text.count)
            element.content += try unescaped(text)
            if rest.hasPrefix("</") { break }
            element.children.append(try Self.element(&rest))
        }
        let close = "</\(element.name)>"
        guard rest.hasPrefix(close) else {
            throw Malformed(problem: "\(element.name) is not closed")
        }
        rest.removeFirst(close.count)
        if !element.children.isEmpty {
            guard element.content.allSatisfy(\.isWhitespace) else {
                throw Malformed(problem: "text beside elements in \(element.name)")
            }
            element.content = ""
        }
        return element
    }

    private static func unescaped(_ text: Substring) throws -> String {
        var unescaped = ""
        var rest = text
        while let mark = rest.firstIndex(of: "&") {
            unescaped += rest[..<mark]
            guard let end = rest[mark...].firstIndex(of: ";") else {
                throw Malformed(problem: "an ampersand alone")
            }
            let entities = ["&amp": "&", "&lt": "<", "&gt": ">", "&quot": "\"", "&apos": "'"]
            guard let character = entities[String(rest[mark..<end])] else {
                throw Malformed(problem: "the entity \(rest[mark...end])")
            }
            unescaped += character
            rest = rest[rest.index(after: end)...]
        }
        guard !rest.contains(">") else { throw Malformed(problem: "a bare >") }
        return unescaped + rest
    }
}
