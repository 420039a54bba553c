/// What the things of a document are called when people read about them.
struct DocumentNames: Sendable {
    let document: ContractDocument
    let language: ReadingLanguage

    /// "the licensor", 许可方.
    func party(_ name: String) -> String {
        if let word = word("parties", name) { return language.say("the \(word)", word) }
        return language.say("the \(Self.words(of: name))", "`\(name)`")
    }

    func actor(_ actor: ActionText.Actor) -> String {
        switch actor {
        case .party(let name):
            document.party(name) == .member
                ? party(name)
                : language.say("each of \(party(name))", "任一\(party(name))")
        case .counterparty: language.say("the party that did not make the offer", "要约的相对方")
        case .anyone: language.say("any member of the lab", "实验室任一成员")
        case .lab: language.say("the lab", "实验室")
        }
    }

    func stage(_ name: String) -> String { language.quoted(word("stages", name) ?? name) }

    func stages(_ names: [String]) -> String { language.any(names.map(stage)) }

    /// What the action is called, in quotes.
    func action(_ name: String) -> String { language.quoted(plainAction(name)) }

    func plainAction(_ name: String) -> String {
        document.action(name)?.title?.exactly(in: language) ?? word("actions", name)
            ?? language.say(name.replacing("-", with: " "), name)
    }

    func obligation(_ name: String) -> String {
        language.quoted(
            word("obligations", name) ?? language.say(name.replacing("-", with: " "), name))
    }

    func event(_ name: String) -> String {
        language.quoted(word("events", name) ?? language.say(name.replacing("-", with: " "), name))
    }

    /// The agreed maximum of rounds; 约定的轮次上限.
    func term(_ name: String) -> String {
        let word = word("terms", name) ?? "`\(name)`"
        return language.say("the agreed \(word)", "约定的\(word)")
    }

    func variable(_ name: String) -> String {
        word("state", name).map { language.say("the current \($0)", "当前\($0)") }
            ?? language.say("the current `\(name)`", "当前`\(name)`")
    }

    func input(_ name: String) -> String {
        word("input", name).map { language.say("the stated \($0)", "所报\($0)") }
            ?? language.say("the stated `\(name)`", "所报`\(name)`")
    }

    /// A term, variable or input where it is declared: its word, and its name.
    func declared(_ kind: String, _ name: String) -> String {
        word(kind, name).map { "\($0)\(language.bracketed("`\(name)`"))" }
            .map { language.say($0.replacing("(", with: " ("), $0) } ?? "`\(name)`"
    }

    func clause(_ name: String) -> String {
        language.say("clause \(name)", "第\(name)条")
    }

    func clauses(_ names: [String]) -> String {
        switch language {
        case .english:
            "\(names.count == 1 ? "clause" : "clauses") \(language.all(names))"
        case .chinese: ReadingLanguage.spaced(language.all(names.map { "第\($0)条" }))
        }
    }

    /// The author's word for a name; `nil` where there is none in this language.
    func word(_ kind: String, _ name: String) -> String? {
        document.word(kind, name)?.exactly(in: language)
    }

    /// `dataOwner` is the data owner.
    private static func words(of name: String) -> String {
        var words = ""
        for character in name {
            if character == "_" {
                words += " "
            } else if character.isUppercase, words.last?.isLowercase == true {
                words += " \(character.lowercased())"
            } else {
                words.append(character)
            }
        }
        return words
    }
}
