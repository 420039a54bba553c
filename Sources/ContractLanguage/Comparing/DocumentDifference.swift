package import Encodings

/// One way in which a document differs from an older one.
package struct DocumentDifference: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Something is allowed now that was not.
        case allows
        /// Something was allowed and is not any more.
        case refuses
        /// It is neither, or may be both.
        case differs
    }

    package let kind: Kind
    /// Where it stands in the documents, as in `actions.train.require[2]`.
    package let path: String
    package let text: String

    package var json: JSONValue {
        ["kind": .string(kind.rawValue), "path": .string(path), "text": .string(text)]
    }
}

/// What is allowed by a document that was not by an older one, the reverse, and what else is different.
///
/// Whatever is written in another way and means the same, is no difference.
package struct DocumentComparison: Sendable {
    package let old: String
    package let new: String
    package let language: ReadingLanguage
    package let differences: [DocumentDifference]

    package init(_ old: CompiledContract, _ new: CompiledContract, in language: ReadingLanguage) {
        self.old = old.document.label
        self.new = new.document.label
        self.language = language
        var comparer = DocumentComparer(old: old, new: new, language: language)
        comparer.compare()
        differences = comparer.differences
    }

    package func differences(_ kind: DocumentDifference.Kind) -> [DocumentDifference] {
        differences.filter { $0.kind == kind }
    }

    package var text: ReadingText {
        let title = language.say("From \(old) to \(new)", "自\(old)至\(new)")
        guard !differences.isEmpty else {
            return ReadingText(
                title: title,
                sections: [
                    .init(
                        language.say("No difference", "无差异"),
                        [
                            .paragraph(
                                language.sentence(
                                    language.say(
                                        "the two documents allow, pay and say the same",
                                        "两份文档所允许、支付与载明的内容相同")))
                        ])
                ])
        }
        let titles: [(DocumentDifference.Kind, String)] = [
            (.allows, language.say("Allowed now that was not", "新文档允许而原文档不允许")),
            (.refuses, language.say("Allowed before, and not any more", "原文档允许而新文档不允许")),
            (.differs, language.say("Merely different", "其他变更")),
        ]
        return ReadingText(
            title: title,
            sections: titles.compactMap { kind, title in
                let items = differences(kind).map(\.text)
                return items.isEmpty ? nil : .init(title, [.list(items)])
            })
    }

    package var json: JSONValue {
        [
            "old": .string(old), "new": .string(new),
            "differences": .array(differences.map(\.json)),
        ]
    }
}

/// Goes through two documents and gathers what is different.
struct DocumentComparer {
    let old: CompiledContract
    let new: CompiledContract
    let language: ReadingLanguage
    /// What things are called: as in the new document, or in the old one for what is gone.
    let names: DocumentNames
    let oldNames: DocumentNames
    private(set) var differences: [DocumentDifference] = []

    init(old: CompiledContract, new: CompiledContract, language: ReadingLanguage) {
        self.old = old
        self.new = new
        self.language = language
        names = DocumentNames(document: new.document, language: language)
        oldNames = DocumentNames(document: old.document, language: language)
    }

    mutating func note(
        _ kind: DocumentDifference.Kind, _ path: String, _ english: String, _ chinese: String
    ) {
        let text = language.sentence(language.say(english, chinese))
        differences.append(DocumentDifference(kind: kind, path: path, text: text))
    }

    mutating func compare() {
        compareFrame()
        compareFields()
        compareStages()
        compareActions()
        compareObligations()
        compareInvariants()
        compareToken()
        compareClauses()
    }

    /// Whether two expressions are the same but for how they are written.
    static func isSame(_ one: ExpressionText?, _ other: ExpressionText?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return canonical(one) == canonical(other)
    }

    /// What is gone, what is new, and what is in both, in the order of the newer.
    static func matched<Item>(
        _ old: [Item], _ new: [Item], by name: (Item) -> String
    ) -> (gone: [Item], added: [Item], both: [(old: Item, new: Item)]) {
        (
            old.filter { item in !new.contains { name($0) == name(item) } },
            new.filter { item in !old.contains { name($0) == name(item) } },
            new.compactMap { item in old.first { name($0) == name(item) }.map { ($0, item) } }
        )
    }
}
