package import Encodings

/// A text for people, once or in several languages.
package struct LocalisedText: Hashable, Sendable, CustomStringConvertible {
    /// By language, such as `en` and `zh`, in their order; never empty.
    package let texts: [(language: String, text: String)]

    package static let languages = ["en", "zh"]
    static let bytesMax = 1_000

    package init(_ english: String) {
        texts = [("en", english)]
    }

    /// The text in a language, or in the first that there is.
    package subscript(language: String) -> String {
        texts.first { $0.language == language }?.text ?? texts[0].text
    }

    /// The text in this language, where there is one.
    func exactly(in language: ReadingLanguage) -> String? {
        texts.first { $0.language == language.rawValue }?.text
    }

    package var description: String { self["en"] }

    package var json: JSONValue {
        texts.count == 1 && texts[0].language == "en"
            ? .string(texts[0].text)
            : .object(
                texts.reduce(into: JSONObject()) { $0[$1.language] = .string($1.text) })
    }

    init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        switch json {
        case .string(let text): texts = [("en", try Self.checked(text, at: path))]
        case .object(let object) where !object.members.isEmpty:
            var texts: [(language: String, text: String)] = []
            for member in object.members {
                let place = "\(path).\(member.key)"
                guard Self.languages.contains(member.key) else {
                    throw JSONShapeError(
                        path: place,
                        problem:
                            "is no language here; there are \(Self.languages.joined(separator: " and "))"
                    )
                }
                guard let text = member.value.string else {
                    throw JSONShapeError(
                        path: place, problem: "should be a text, and is \(member.value.kind)")
                }
                texts.append((member.key, try Self.checked(text, at: place)))
            }
            self.texts = texts
        default:
            throw JSONShapeError(
                path: path, problem: "should be a text, or one for each language (en, zh)")
        }
    }

    private static func checked(_ text: String, at path: String) throws(JSONShapeError) -> String {
        guard (1...bytesMax).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0 == "\n" || !$0.isHidden })
        else {
            throw JSONShapeError(
                path: path,
                problem:
                    "should be 1 to \(bytesMax) bytes of text without control characters and marks that reorder it"
            )
        }
        return text
    }

    package static func == (left: Self, right: Self) -> Bool { left.json == right.json }
    package func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
